// The clients of others that verification lets produce: AWS CLI, boto3, the SDK for Java. Run as a program it installs them, and kinesis-local.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kinesisLocalFolder } from './kinesis-local.ts';
import { pythonEnvironment } from './python.ts';

const VERIFY_HOME = process.env['MILLRACE_VERIFY_HOME'] ?? join(import.meta.dirname, '../../../.verify');

/** The programs of a Python that has the AWS CLI (version 1) and boto3. */
export function awsPython(): string {
  return pythonEnvironment(['awscli==1.46.2', 'boto3==1.44.2']);
}

/** The AWS CLI of version 2, which Debian has; installs it where this user may; undefined where there is none. */
export function awsCli2({ install = false } = {}): string | undefined {
  const found = ['/usr/bin/aws', '/usr/local/bin/aws', 'aws'].find((one) =>
    spawnSync(one, ['--version'], { encoding: 'utf8' }).stdout?.startsWith('aws-cli/2'),
  );
  if (found !== undefined || !install || process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) return found;
  spawnSync('apt-get', ['update'], { stdio: 'ignore' });
  spawnSync('apt-get', ['install', '--yes', '--no-install-recommends', 'awscli'], { stdio: 'ignore' });
  return awsCli2();
}

/** The folder of the jars that `kinesis-java/Producer.java` needs. */
export function javaSdkFolder(): string {
  const folder = join(VERIFY_HOME, 'kinesis-java');
  if (!existsSync(join(folder, 'installed'))) {
    mkdirSync(folder, { recursive: true });
    const pom = join(import.meta.dirname, 'kinesis-java/pom.xml');
    execFileSync(
      'mvn',
      [
        '--quiet',
        '--batch-mode',
        '--no-transfer-progress',
        '--file',
        pom,
        'dependency:copy-dependencies',
        `-DoutputDirectory=${join(folder, 'jars')}`,
      ],
      { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] },
    );
    writeFileSync(join(folder, 'installed'), 'software.amazon.awssdk:kinesis:2.31.20');
  }
  return join(folder, 'jars');
}

if (process.argv[1] === import.meta.filename) {
  awsPython();
  javaSdkFolder();
  kinesisLocalFolder();
  if (awsCli2({ install: true }) === undefined) process.stderr.write('no AWS CLI of version 2: its part of the verification will be left out\n');
}
