// Errors of the AWS clients, as far as the adapters have to tell them apart.
import { MillraceError } from '../../base/index.ts';

interface AwsError { name?: string; message?: string; $fault?: 'client' | 'server'; $metadata?: { httpStatusCode?: number; attempts?: number } }

export function nameOf(error: unknown): string {
  return (error as AwsError).name ?? '';
}

export function statusOf(error: unknown): number | undefined {
  return (error as AwsError).$metadata?.httpStatusCode;
}

/** How often the client sent the request; more than once means that an earlier answer may have been lost. */
export function attemptsOf(error: unknown): number {
  return (error as AwsError).$metadata?.attempts ?? 1;
}

/** Whether the service may have done what was asked although it did not say so: no answer, or a failure on its side. */
export function outcomeIsUnknown(error: unknown): boolean {
  const status = statusOf(error);
  return status === undefined || status >= 500 || nameOf(error) === 'OperationTimeoutException';
}

const PERMISSION = new Set(['AccessDenied', 'AccessDeniedException', 'Forbidden', 'ExpiredToken', 'ExpiredTokenException', 'InvalidAccessKeyId', 'CredentialsProviderError']);

export function explainedAwsError(what: string, where: string, error: unknown): MillraceError {
  const denied = PERMISSION.has(nameOf(error)) || statusOf(error) === 403;
  return new MillraceError('io', `${what}: ${(error as AwsError).message ?? nameOf(error)}`, {
    where, cause: error, ...(denied ? { todo: 'Check the credentials and the permissions of the role.' } : {}),
  });
}
