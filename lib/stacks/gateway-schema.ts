// What API Gateway checks of a body before a function is called, in draft 4 of JSON Schema, which is all that the service knows: that it is a JSON object, and
// no empty one where the route wants fields. Which field is missing or wrong the app says: the service has one text for all bodies that it refuses, and what
// it knows of the reason (`validationErrorString`) has quotation marks that nothing escapes, so that no JSON can be made of it.
import { JsonSchemaType, JsonSchemaVersion, type JsonSchema } from 'aws-cdk-lib/aws-apigateway';
import type { Route } from '../serving/index.ts';

/** undefined for a route that reads more than JSON, which it checks alone. */
export function gatewaySchema({ body, reads }: Pick<Route, 'body' | 'reads'>, title: string): JsonSchema | undefined {
  if (body === undefined || reads !== undefined) return undefined;
  const required = (body as { required?: string[] }).required ?? [];
  return { schema: JsonSchemaVersion.DRAFT4, title, type: JsonSchemaType.OBJECT, ...(required.length === 0 ? {} : { minProperties: 1 }) };
}
