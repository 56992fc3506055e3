// A thread of a team: does its part of the job that it was started with.
import { parentPort, workerData } from 'node:worker_threads';
import { runJob, type Job } from './jobs.ts';
import { joinTeam } from './team.ts';

export interface WorkerInput {
  job: Job;
  control: SharedArrayBuffer;
  index: number;
  size: number;
}

const { job, control, index, size } = workerData as WorkerInput;
runJob(job, joinTeam(control, index, size), (news) => parentPort?.postMessage(news, []));
