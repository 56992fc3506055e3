// Raw bytes of rejected rows that may name a person: AES-256-GCM, bound to the row that they belong to.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { MillraceError } from '../../base/index.ts';
import type { PrivacyKey, PrivacyKeys } from './keys.ts';

const IV_BYTES = 12;
const TAG_BYTES = 16;
const ENCRYPTED = /^aes-256-gcm:([a-z0-9]+)$/;

/** The row that a payload belongs to; a payload moved to another row does not open. */
export interface PayloadPlace { source: string; fileId: string; row: number | bigint }

/** `iv ‖ ciphertext ‖ tag` */
export function sealPayload(bytes: Uint8Array, key: PrivacyKey, place: PayloadPlace, random: (bytes: number) => Uint8Array = randomBytes): Uint8Array {
  const iv = random(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key.payloads, iv).setAAD(textOf(place));
  return Buffer.concat([iv, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

/** What `raw_encoding` says of payloads that this key closed. */
export function sealedEncoding(key: PrivacyKey): string {
  return `aes-256-gcm:${key.id}`;
}

/** The raw bytes of a rejected row. Throws `not_found` where the key is gone, `io` where the bytes were changed. */
export async function openPayload(raw: Uint8Array, encoding: string, keys: PrivacyKeys, place: PayloadPlace): Promise<Uint8Array> {
  if (encoding === 'plain') return raw;
  const id = ENCRYPTED.exec(encoding)?.[1];
  if (id === undefined) throw new MillraceError('unsupported', `payloads encoded as ${encoding} cannot be read`, { todo: 'Use the version that wrote it.' });
  const key = await keys.byId(id);
  if (key === undefined) {
    throw new MillraceError('not_found', `the key ${id} that closed this payload is gone`, { where: `${place.source}, row ${place.row}`, todo: 'Restore the key, or send the file again.' });
  }
  const tagAt = raw.length - TAG_BYTES;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key.payloads, raw.subarray(0, IV_BYTES)).setAAD(textOf(place)).setAuthTag(raw.subarray(tagAt));
    return Buffer.concat([decipher.update(raw.subarray(IV_BYTES, tagAt)), decipher.final()]);
  } catch (cause) {
    throw new MillraceError('io', 'the payload does not open: it was changed, or belongs to another row', { where: `${place.source}, row ${place.row}`, cause });
  }
}

function textOf({ source, fileId, row }: PayloadPlace): Buffer {
  return Buffer.from(`${source}\n${fileId}\n${row}`);
}
