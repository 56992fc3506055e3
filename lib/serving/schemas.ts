// Pieces of schemas that several routes share.
import { Type } from '@sinclair/typebox';

export const Cell = Type.Union([Type.String({ maxLength: 1_000 }), Type.Number(), Type.Boolean(), Type.Null()], { description: 'An id, a number, or null where it is not known.' });
export const Row = Type.Record(Type.String(), Cell, { description: 'Ids of the entities, and inputs that the caller knows itself.' });
export const Id = Type.String({ minLength: 1, maxLength: 200 });
export const Day = Type.String({ pattern: '^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$', description: 'A date, as 2018-10-18.' });
export const Unit = Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'Who is assigned to a variant of an experiment: a visitor or a customer.' }));
export const Attributes = Type.Optional(Type.Record(Type.String(), Type.String({ maxLength: 200 }), { description: 'What experiments may be targeted by: device, country, …' }));
export const OrNull = <Schema extends ReturnType<typeof Type.String> | ReturnType<typeof Type.Number>>(schema: Schema) => Type.Union([schema, Type.Null()]);

export const Variant = {
  experiment: OrNull(Type.String()),
  variant: OrNull(Type.String()),
};

export const ProblemBody = Type.Object({
  type: Type.String(), title: Type.String(), status: Type.Integer(), detail: Type.String(),
  errors: Type.Optional(Type.Array(Type.Object({ pointer: Type.String(), detail: Type.String() }))),
}, { description: 'RFC 9457: what is wrong, field by field, and what is allowed.' });
