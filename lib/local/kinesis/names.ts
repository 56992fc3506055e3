// Names: streams, their ARNs, their folders.
import { createHash } from 'node:crypto';

/** The embedded home has no account; twelve digits keep ARNs well-formed. */
export const ACCOUNT = '000000000000';
export const REGION = 'us-east-1';

export function isStreamName(text: string): boolean {
  return /^[a-zA-Z0-9_.-]{1,128}$/.test(text);
}

export function streamArn(name: string): string {
  return `arn:aws:kinesis:${REGION}:${ACCOUNT}:stream/${name}`;
}

/** Undefined where the text is not the ARN of a stream. Whose account and region it names is of no matter here. */
export function nameFromArn(arn: string): string | undefined {
  const name = /^arn:aws[^:]*:kinesis:[^:]*:\d{12}:stream\/(\S+)$/.exec(arn)?.[1];
  return name !== undefined && isStreamName(name) ? name : undefined;
}

/** A folder of its own on file systems that do not tell upper from lower case, too; never `.` or `..`. */
export function folderName(stream: string): string {
  const plain = stream.replaceAll(/[A-Z]|^\./g, (letter) => `%${letter.codePointAt(0)?.toString(16)}`);
  return plain.length <= 200 ? plain : `${plain.slice(0, 100).replace(/%.?$/, '')}%${createHash('sha256').update(stream).digest('hex')}`;
}
