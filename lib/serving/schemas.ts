// Pieces of schemas that several routes share.
import { Type, type TSchema } from '@sinclair/typebox';
import { ID_SAYS } from './formats.ts';

export const Cell = Type.Union([Type.String({ maxLength: 1_000 }), Type.Number(), Type.Boolean(), Type.Null()], { description: 'An id, a number, or null where it is not known.' });
export const Row = Type.Record(Type.String(), Cell, { description: 'Ids of the entities, and inputs that the caller knows itself.' });
export const Id = Type.String({ format: 'id', minLength: 1, maxLength: 200, description: `Expected is ${ID_SAYS}.` });
export const Day = Type.String({ pattern: '^(19|20|21)\\d{2}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$', description: 'A date, as 2018-10-18.' });
export const Unit = Type.Optional(Type.String({ format: 'id', minLength: 1, maxLength: 200, description: 'Who is assigned to a variant of an experiment: the id of a visitor or a customer.' }));
const Label = Type.Optional(Type.String({ format: 'label', maxLength: 200 }));
export const Attributes = Type.Optional(Type.Object({ device: Label, country: Label, channel: Label, customer_type: Label }, {
  additionalProperties: Type.String({ maxLength: 200 }), description: 'What experiments may be targeted by. The four that are named are logged, so that reports can be read by them; nothing else is.',
}));
export const OrNull = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);

export const Variant = {
  experiment: OrNull(Type.String()),
  variant: OrNull(Type.String()),
};

export const ProblemBody = Type.Object({
  type: Type.String(), title: Type.String(), status: Type.Integer(), detail: Type.String(),
  errors: Type.Optional(Type.Array(Type.Object({ pointer: Type.String({ description: 'JSON pointer into the body (empty: all of it), or the name of a parameter.' }), detail: Type.String({ description: 'What is expected there, and what came.' }) }))),
}, { description: 'RFC 9457: what is wrong, field by field, and what is allowed.' });
