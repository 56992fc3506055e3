// AWS without an SDK: signed requests.
export { endpointIn } from './endpoint.ts';
export { awsRequests, environmentCredentials, refused, textOf, type AwsAnswer, type AwsRequest, type AwsRequests, type AwsService } from './requests.ts';
export { escaped, signedHeaders, type AwsCredentials, type PlainRequest, type Signing } from './signature.ts';
