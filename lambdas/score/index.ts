// The scoring API behind API Gateway. What it answers from is read while the function starts, so that the first request finds it.
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { scoringService } from './service.ts';

// Past the console, which would wrap the line: the service reads metrics from lines that are nothing else.
const service = scoringService(process.env, (line) => process.stdout.write(`${line}\n`));
await service.warm();

export const handler = (event: APIGatewayProxyEvent) => service.answer(event);
