// A project as one JSON file: what a function needs of contracts and SQL, without their folders.
import type { Contract } from '../contracts/index.ts';
import { SYSTEM_TABLES } from './system-tables.ts';
import { projectOf, type Project, type SqlFile } from '../warehouse/index.ts';

export interface ProjectFile { version: string; contracts: Contract[]; sql: SqlFile[] }

export function projectFromJson({ contracts, sql }: ProjectFile): Project {
  return projectOf(sql, new Map(contracts.map((contract) => [contract.name, contract])), SYSTEM_TABLES);
}
