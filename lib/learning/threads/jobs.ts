// The jobs that threads can do, and how one thread does its part of one.
import { boost, type BoostedRound, type BoostingJob } from '../trees/boost.ts';
import { growForest, type ForestJob, type ForestTree } from '../trees/forest.ts';
import type { Team } from './team.ts';

export type Job = BoostingJob | ForestJob;

export type JobNews = { kind: 'round'; round: BoostedRound } | { kind: 'tree'; grown: ForestTree } | { kind: 'done'; kept: number };

/** Does this thread's part, telling what comes of it; the last news is `done`. */
export function runJob(job: Job, team: Team, tell: (news: JobNews) => void): void {
  let kept = 0;
  if (job.kind === 'boosting') kept = boost(job, team, (round) => tell({ kind: 'round', round }));
  else growForest(job, team, (grown) => tell({ kind: 'tree', grown }));
  tell({ kind: 'done', kept });
}
