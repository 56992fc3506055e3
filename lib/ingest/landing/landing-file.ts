// The port that files are read through: the same code reads a landing folder and a bucket.

export interface LandingFile {
  /** Absolute path, or `s3://bucket/key`. */
  path: string;
  /** What `_file` says: the path below the landing folder. */
  name: string;
  /** The source whose folder it lies in; else its name decides. */
  source?: string;
  /** Bytes as they lie there, compressed ones compressed. */
  size: number;
  /** Milliseconds since 1970. */
  modifiedAt: number;
  /** Where DuckDB can open it as it is; undefined: it has to be fetched first. */
  localPath?: string;
  /** Its bytes from the start. A chunk is valid until the next one is asked for. */
  open(): AsyncIterable<Uint8Array>;
  stamp(): Promise<FileStamp>;
  /** The stamp when it was found. */
  found: FileStamp;
}

/** What a file is at a moment; rejects where it is gone. */
export interface FileStamp {
  size: number;
  /** Differs once the file has been changed or replaced. */
  version: string;
}
