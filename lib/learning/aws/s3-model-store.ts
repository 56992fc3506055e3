// The registry's objects in an S3 bucket, by signed requests: what scores carries no client of S3.
import { refused, textOf, type AwsRequests } from '../../base/aws/index.ts';
import type { ModelStore } from '../registry/store.ts';

export interface S3ModelStoreOptions {
  /** Of S3. */
  requests: AwsRequests;
  bucket: string;
  /** Before every key, without a slash at its end: `registry`. */
  folder: string;
}

export function s3ModelStore({ requests, bucket, folder }: S3ModelStoreOptions): ModelStore {
  const keyOf = (key: string): string => (key === '' ? folder : `${folder}/${key}`);
  const read = async (key: string): Promise<Uint8Array | undefined> => {
    const answer = await requests({ method: 'GET', path: [bucket, keyOf(key)] });
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw refused(`reading s3://${bucket}/${keyOf(key)}`, answer);
    return answer.body;
  };
  /** One level below a folder. */
  const list = async (below: string, element: 'Prefix' | 'Key'): Promise<string[]> => {
    const prefix = `${keyOf(below)}/`;
    const names: string[] = [];
    for (let token: string | undefined = ''; token !== undefined;) {
      const answer = await requests({ method: 'GET', path: [bucket], query: { 'list-type': '2', delimiter: '/', prefix, ...(token === '' ? {} : { 'continuation-token': token }) } });
      if (answer.status !== 200) throw refused(`listing s3://${bucket}/${prefix}`, answer);
      const xml = textOf(answer);
      const parts = element === 'Key' ? xml.matchAll(/<Contents>.*?<Key>([^<]+)<\/Key>/gs) : xml.matchAll(/<CommonPrefixes>\s*<Prefix>([^<]+)<\/Prefix>/g);
      for (const [, name = ''] of parts) names.push(name.slice(prefix.length).replace(/\/$/, ''));
      token = /<NextContinuationToken>([^<]+)</.exec(xml)?.[1];
    }
    return names.filter((name) => name !== '' && !name.startsWith('.')).sort();
  };
  return {
    place: `s3://${bucket}/${folder}`,
    read,
    async create(key, bytes) {
      const answer = await requests({ method: 'PUT', path: [bucket, keyOf(key)], headers: { 'if-none-match': '*' }, body: bytes });
      if (answer.status === 200) return true;
      // 409: another one is being written at this moment, and will be there.
      if (answer.status !== 412 && answer.status !== 409) throw refused(`writing s3://${bucket}/${keyOf(key)}`, answer);
      // A repeated request may meet the object that its first try has made.
      const there = answer.tries > 1 ? await read(key) : undefined;
      return there !== undefined && Buffer.compare(there, bytes) === 0;
    },
    folders: (below) => list(below, 'Prefix'),
    objects: (below) => list(below, 'Key'),
  };
}
