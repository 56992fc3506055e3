// The peer: PyIceberg with a SQL catalog on the same disk, appending and planning the same.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '../../lib/base/index.ts';
import { pythonEnvironment } from '../../test/verify/support/python.ts';

const SCRIPT = `
import sys, time, json, warnings, os
warnings.filterwarnings('ignore')
import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.expressions import EqualTo
root, snapshots = sys.argv[1], int(sys.argv[2])
catalog = SqlCatalog('bench', uri=f'sqlite:///{root}/catalog.db', warehouse=f'file://{root}')
catalog.create_namespace('bench')
rows = lambda first: pa.table({'id': pa.array(range(first, first + 1000), pa.int64()), 'event': pa.array(['view'] * 1000), 'visitor': pa.array([i % 97 for i in range(1000)], pa.int64())})
table = catalog.create_table('bench.appends', schema=rows(0).schema)
times = []
for index in range(snapshots):
    data = rows(index * 1000)
    began = time.perf_counter()
    table.append(data)
    times.append((time.perf_counter() - began) * 1000)
plans = []
for _ in range(3):
    fresh = catalog.load_table('bench.appends')
    began = time.perf_counter()
    files = list(fresh.scan(row_filter=EqualTo('id', 55555)).plan_files())
    plans.append((time.perf_counter() - began) * 1000)
folder = [os.path.join(path, name) for path, _, names in os.walk(root) for name in names if '/metadata' in path]
print(json.dumps({'first': sorted(times[:20])[10], 'last': sorted(times[-20:])[10], 'plan': sorted(plans)[1], 'bytes': sum(os.path.getsize(f) for f in folder)}))
`;

export async function measurePyIceberg(root: string, options: { snapshots: number; report: (what: string, figure: string, target?: string) => void }): Promise<void> {
  const { snapshots, report } = options;
  try {
    const bin = pythonEnvironment(['pyiceberg[pyarrow,sql-sqlite]==0.12.0']);
    const script = join(root, 'peer.py');
    writeFileSync(script, SCRIPT);
    const { stdout } = await promisify(execFile)(join(bin, 'python'), [script, root, String(snapshots)], { maxBuffer: 1e7 });
    const figures = JSON.parse(stdout) as { first: number; last: number; plan: number; bytes: number };
    report('PyIceberg 0.12: append (Parquet included, no fsync), first 20, p50', `${figures.first.toFixed(1)} ms`);
    report(`PyIceberg 0.12: append, at ${snapshots} snapshots, p50`, `${figures.last.toFixed(1)} ms`);
    report(`PyIceberg 0.12: plan of a point lookup over ${snapshots} files`, `${figures.plan.toFixed(1)} ms`);
    report('PyIceberg 0.12: metadata on disk', `${(figures.bytes / 1e6).toFixed(1)} MB`);
  } catch (error) {
    console.log(`PyIceberg was not measured: ${messageOf(error)}`);
  }
}
