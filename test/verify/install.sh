#!/usr/bin/env bash
# Installs what verification needs from the package registries (npm, PyPI, Maven), below .verify/. What is there already is left alone.
# usage: install.sh [PART…]     without arguments: all parts
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
export MILLRACE_VERIFY_HOME=${MILLRACE_VERIFY_HOME:-$root/.verify}
all=(trino pyiceberg spark chdb ministack aws node24 xgboost sagemaker mlflow cfn-lint kinesis schemathesis)

# Trino 449 from Maven with a Java 25 from PyPI: 0.6 GB. Needs mvn and a JDK 17.
trino() { TRINO_ORACLE_CACHE=$MILLRACE_VERIFY_HOME/trino "$root/test/oracles/trino/start" --prepare; }
# PyIceberg with pyarrow, in a virtual environment. Needs python3 with venv.
pyiceberg() { engine pyiceberg; }
# Spark 3.5.3 with Iceberg 1.6.1: 0.4 GB. Needs python3 with venv, mvn, and a JDK 17 to run.
spark() { engine spark; }
# XGBoost and scikit-learn, and an XGBoost of before 3, in virtual environments: 2.1 GB. Needs python3 with venv.
xgboost() { engine xgboost; }
# The XGBoost that SageMaker's container has: 0.3 GB. Needs python3 with venv.
sagemaker() { engine sagemaker; }
# MLflow, its server and its client, in a virtual environment: 0.9 GB. Needs python3 with venv.
mlflow() { engine mlflow; }
# ClickHouse as a library for Node: 0.6 GB.
chdb() { engine chdb; }
# S3 and Glue on loopback.
ministack() { engine ministack; }
# The whole rehearsal of an AWS: ministack, DynamoDB Local, an Athena API over Trino.
aws() {
  TRINO_ORACLE_CACHE=$MILLRACE_VERIFY_HOME/trino AWS_REHEARSAL_CACHE=$MILLRACE_VERIFY_HOME/aws "$root/test/oracles/aws/start" --prepare
}

# The Node that Lambda runs, from npm: 0.1 GB.
node24() { engine node24; }

# Calls an API by its OpenAPI document.
schemathesis() { engine schemathesis; }

# CloudFormation's linter, with the schemas of its resources.
cfn-lint() { engine cfn-lint; }

# Producers for the stream's endpoint: AWS CLI 1 and boto3 (PyPI), the SDK for Java (Maven), AWS CLI 2 (Debian, where apt-get may); kinesis-local (npm).
kinesis() { "$root/node_modules/.bin/tsx" "$here/support/kinesis-clients.ts"; }

engine() { "$root/node_modules/.bin/tsx" "$here/support/engines.ts" "$1"; }

mkdir -p "$MILLRACE_VERIFY_HOME"
for part in "${@:-${all[@]}}"; do
  case " ${all[*]} " in
    *" $part "*) echo "$part"; "$part" ;;
    *) echo "unknown part $part; there are: ${all[*]}" >&2; exit 2 ;;
  esac
done
