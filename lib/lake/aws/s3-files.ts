// Files on S3, by `s3://bucket/key`. Keys are taken literally, never decoded.
import {
  DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand, type ListObjectsV2CommandOutput, type S3Client,
} from '@aws-sdk/client-s3';
import { MillraceError } from '../../base/index.ts';
import type { CreateOptions, FileInfo, Files, WriteOptions } from '../ports.ts';
import { attemptsOf, explainedAwsError, nameOf, statusOf } from './errors.ts';

export class S3Files implements Files {
  private readonly client: S3Client;

  constructor(client: S3Client) {
    this.client = client;
  }

  async read(path: string): Promise<Uint8Array> {
    return this.get(path, undefined);
  }

  async readRange(path: string, offset: number, length: number): Promise<Uint8Array> {
    if (length === 0) return new Uint8Array(0);
    return this.get(path, `bytes=${offset}-${offset + length - 1}`);
  }

  private async get(path: string, range: string | undefined): Promise<Uint8Array> {
    return guarded('read', path, async () => {
      try {
        const { Body } = await this.client.send(new GetObjectCommand({ ...placeOf(path), Range: range }));
        return Body === undefined ? new Uint8Array(0) : await Body.transformToByteArray();
      } catch (error) {
        if (statusOf(error) === 416) return new Uint8Array(0); // behind the end: nothing, as on disk
        throw error;
      }
    });
  }

  /** S3 answers only when the object is durable, whatever the options say. */
  async write(path: string, bytes: Uint8Array, _options?: WriteOptions): Promise<void> {
    await guarded('write', path, () => this.client.send(new PutObjectCommand({ ...placeOf(path), Body: bytes })));
  }

  async create(path: string, bytes: Uint8Array, options: CreateOptions = {}): Promise<boolean> {
    await options.after;
    return guarded('create', path, async () => {
      try {
        await this.client.send(new PutObjectCommand({ ...placeOf(path), Body: bytes, IfNoneMatch: '*' }));
        return true;
      } catch (error) {
        if (statusOf(error) !== 412 && nameOf(error) !== 'ConditionalRequestConflict') throw error;
        // A repeated request may meet the object that its first try has made.
        return attemptsOf(error) > 1 && Buffer.compare(await this.read(path), bytes) === 0;
      }
    });
  }

  async exists(path: string): Promise<boolean> {
    return (await this.stat(path)) !== undefined;
  }

  async stat(path: string): Promise<FileInfo | undefined> {
    return guarded('look at', path, async () => {
      try {
        const { ContentLength = 0, LastModified } = await this.client.send(new HeadObjectCommand(placeOf(path)));
        return { path, size: ContentLength, modifiedAt: LastModified?.getTime() ?? 0 };
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }
    });
  }

  async listFolders(prefix: string): Promise<string[]> {
    const names: string[] = [];
    const { Bucket, Key } = placeOf(folder(prefix));
    for await (const page of this.pages(prefix, '/')) {
      for (const { Prefix } of page.CommonPrefixes ?? []) if (Prefix !== undefined) names.push(Prefix.slice(Key.length, -1));
    }
    return Bucket === '' ? [] : names.sort();
  }

  async *list(prefix: string): AsyncIterable<FileInfo> {
    const { Bucket } = placeOf(folder(prefix));
    for await (const page of this.pages(prefix, undefined)) {
      for (const { Key, Size = 0, LastModified } of page.Contents ?? []) {
        if (Key !== undefined && !Key.endsWith('/')) yield { path: `s3://${Bucket}/${Key}`, size: Size, modifiedAt: LastModified?.getTime() ?? 0 };
      }
    }
  }

  async delete(path: string): Promise<void> {
    await guarded('delete', path, () => this.client.send(new DeleteObjectCommand(placeOf(path))));
  }

  private async *pages(prefix: string, delimiter: string | undefined): AsyncIterable<ListObjectsV2CommandOutput> {
    const { Bucket, Key } = placeOf(folder(prefix));
    let token: string | undefined;
    do {
      const page: ListObjectsV2CommandOutput = await guarded('list', prefix, () =>
        this.client.send(new ListObjectsV2Command({ Bucket, Prefix: Key, Delimiter: delimiter, ContinuationToken: token })));
      yield page;
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }
}

function folder(prefix: string): string {
  return prefix.endsWith('/') ? prefix : `${prefix}/`;
}

/** `s3a:` and `s3n:` are other engines' spellings of the same place. */
function placeOf(path: string): { Bucket: string; Key: string } {
  const match = /^s3[an]?:\/\/([^/]+)\/(.*)$/s.exec(path);
  if (match === null) throw new MillraceError('bad_input', `${path} is not a path on S3`, { todo: 'Write s3://bucket/key.' });
  return { Bucket: match[1] as string, Key: match[2] as string };
}

async function guarded<T>(verb: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    if (statusOf(error) === 404) throw new MillraceError('not_found', `there is no file ${path}`, { where: path, cause: error });
    throw explainedAwsError(`cannot ${verb} the file`, path, error);
  }
}
