// What API Gateway checks of a body before a function is called: that it is an object with the required fields of the route's own schema, written in
// draft 4 of JSON Schema, which is all that the service knows. The rest is checked by the app, whose answer names every wrong field.
import { JsonSchemaType, JsonSchemaVersion, type JsonSchema } from 'aws-cdk-lib/aws-apigateway';
import type { Route } from '../serving/index.ts';

export function gatewaySchema(body: NonNullable<Route['body']>, title: string): JsonSchema {
  const required = (body as { required?: string[] }).required ?? [];
  return { schema: JsonSchemaVersion.DRAFT4, title, type: JsonSchemaType.OBJECT, ...(required.length === 0 ? {} : { required }) };
}
