// Objects of a bucket with versions: all of them go; one that is kept by a legal hold is told.
import type { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { queryResults, servingFiles } from '../../lib/forget/aws/beside.ts';
import { deleteVersion, versionsOf } from '../../lib/forget/aws/objects.ts';

interface Version { Key: string; VersionId: string; IsLatest: boolean; held?: boolean; marker?: boolean }

/** In pages of two. */
function fakeS3(versions: Version[]): S3Client {
  const send = async ({ constructor: { name }, input }: { constructor: { name: string }; input: { Key?: string; VersionId?: string; Prefix?: string; KeyMarker?: string; VersionIdMarker?: string } }) => {
    if (name === 'DeleteObjectCommand') {
      const at = versions.findIndex(({ Key, VersionId }) => Key === input.Key && VersionId === input.VersionId);
      if (versions[at]?.held === true) throw new Error('Access Denied because object protected by object lock.');
      versions.splice(at, 1);
      return {};
    }
    const place = ({ Key, VersionId }: { Key?: string; VersionId?: string }) => `${Key}\n${VersionId}`;
    const all = versions.filter(({ Key }) => Key.startsWith(input.Prefix ?? '')).sort((one, other) => (place(one) < place(other) ? -1 : 1));
    const rest = all.filter((one) => input.KeyMarker === undefined || place(one) > `${input.KeyMarker}\n${input.VersionIdMarker}`);
    const page = rest.slice(0, 2);
    const last = page.at(-1);
    return { Versions: page.filter(({ marker }) => marker !== true), DeleteMarkers: page.filter(({ marker }) => marker === true), IsTruncated: rest.length > 2, NextKeyMarker: last?.Key, NextVersionIdMarker: last?.VersionId };
  };
  return { send } as unknown as S3Client;
}

const who = { source: 'people', values: new Map<string, string[]>() };
const lambda = (status: number, body: unknown = {}, headers = {}) => async () => ({ status, body: Buffer.from(JSON.stringify(body)), headers: new Headers(headers), tries: 1 });

describe('objects that keep earlier versions', () => {
  it('are found with every version, and not with those of longer names', async () => {
    const client = fakeS3([{ Key: 'people/1.csv', VersionId: 'a', IsLatest: false }, { Key: 'people/1.csv', VersionId: 'b', IsLatest: false }, { Key: 'people/1.csv', VersionId: 'c', IsLatest: true, marker: true }, { Key: 'people/1.csv.gz', VersionId: 'd', IsLatest: true }]);
    const found = await versionsOf(client, 's3://landing/people/1.csv');
    expect(found.map(({ version, isMarker }) => [version, isMarker])).toEqual([['a', false], ['b', false], ['c', true]]);
    for (const version of found) await deleteVersion(client, version);
    expect([await versionsOf(client, 's3://landing/people/1.csv'), (await versionsOf(client, 's3://landing/people/1.csv.gz')).length]).toEqual([[], 1]);
  });

  it('are told where a legal hold keeps them', async () => {
    const client = fakeS3([{ Key: 'people/1.csv', VersionId: 'a', IsLatest: true, held: true }]);
    const [version] = await versionsOf(client, 's3://landing/people/1.csv');
    await expect(deleteVersion(client, version!)).rejects.toMatchObject({ code: 'io', message: expect.stringContaining('object lock') as string, todo: expect.stringContaining('legal hold') as string });
  });

  it('of results of queries go, and others stay', async () => {
    const versions = [{ Key: 'athena/1.csv', VersionId: 'null', IsLatest: true }, { Key: 'athena/1.csv.metadata', VersionId: 'null', IsLatest: true }, { Key: 'other/1', VersionId: 'null', IsLatest: true }];
    const beside = queryResults(fakeS3(versions), 'results');
    expect([await beside.forget(who, { dryRun: true }), versions.length]).toEqual([{ items: 2 }, 3]);
    expect([await beside.forget(who, { dryRun: false }), versions.map(({ Key }) => Key)]).toEqual([{ items: 2 }, ['other/1']]);
  });

  const serving = (): Version[] => [{ Key: 'serving/prices.json', VersionId: 'a', IsLatest: false }, { Key: 'serving/prices.json', VersionId: 'b', IsLatest: true }, { Key: 'registry/1', VersionId: 'c', IsLatest: true }];
  it.each([
    ['made anew lose their earlier versions', lambda(200, { prices: 'made' }), ['b', 'c']],
    ['that nothing makes any more go', lambda(404), ['c']],
  ])('of what the API answers from: those %s', async (_, answering, left) => {
    const versions = serving();
    expect(await servingFiles({ client: fakeS3(versions), bucket: 'models', stage: 'shop-dev', lambda: answering }).forget(who, { dryRun: false })).toEqual({ items: 2 });
    expect(versions.map(({ VersionId }) => VersionId)).toEqual(left);
  });

  it.each([
    ['says so', lambda(200, { recommender: { failed: 'too much' } }), 'too much'], ['throws', lambda(200, { errorMessage: 'broken' }, { 'x-amz-function-error': 'Unhandled' }), 'broken'], ['may not be called', lambda(403), '403'],
  ])('that are not made anew, since the function %s, stay, and nothing is called done', async (_, answering, message) => {
    const versions = serving();
    await expect(servingFiles({ client: fakeS3(versions), bucket: 'models', stage: 'shop-dev', lambda: answering }).forget(who, { dryRun: false })).rejects.toMatchObject({ code: 'io', message: expect.stringContaining(message) as string });
    expect(versions.length).toBe(3);
  });
});
