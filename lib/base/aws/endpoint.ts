// Where a service is, for whoever has it elsewhere than in the region: as AWS's own tools take it from the environment.

/** `service`: as the variables name it, `S3`, `API_GATEWAY`. undefined: the service's own of the region. */
export function endpointIn(environment: Readonly<Record<string, string | undefined>>, service: string): string | undefined {
  return [environment[`AWS_ENDPOINT_URL_${service}`], environment['AWS_ENDPOINT_URL']].find((url) => url !== undefined && url !== '')?.replace(/\/+$/, '');
}
