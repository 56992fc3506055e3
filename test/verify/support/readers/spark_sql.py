"""Runs SQL on Spark with an Iceberg catalog `lake` of type hadoop. Arguments: warehouse folder, Iceberg's jar. Each line of standard input is a
JSON text of SQL; each line of output a JSON object with rows, or an error."""
import json
import sys

from pyspark.sql import SparkSession

from canonical import canonical

warehouse, jar = sys.argv[1:]
spark = (
    SparkSession.builder.master('local[2]').appName('verify')
    .config('spark.jars', jar)
    .config('spark.driver.extraClassPath', jar)
    .config('spark.driver.memory', '1g')
    .config('spark.driver.bindAddress', '127.0.0.1')
    .config('spark.driver.host', '127.0.0.1')
    .config('spark.ui.enabled', 'false')
    .config('spark.sql.session.timeZone', 'UTC')
    .config('spark.sql.shuffle.partitions', '2')
    .config('spark.sql.extensions', 'org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions')
    .config('spark.sql.catalog.lake', 'org.apache.iceberg.spark.SparkCatalog')
    .config('spark.sql.catalog.lake.type', 'hadoop')
    .config('spark.sql.catalog.lake.warehouse', warehouse)
    .config('spark.sql.catalog.lake.cache-enabled', 'false')
    .getOrCreate()
)
spark.sparkContext.setLogLevel('ERROR')
print(json.dumps({'ready': True}), flush=True)
for line in sys.stdin:
    try:
        rows = [[canonical(value) for value in row] for row in spark.sql(json.loads(line)).collect()]
        print(json.dumps({'rows': rows}), flush=True)
    except Exception as error:  # noqa: BLE001 - reported to the test
        print(json.dumps({'error': f'{type(error).__name__}: {str(error)[:2000]}'}), flush=True)
spark.stop()
