import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type Issue, PayloadError } from '../errors.js';
import type { MessageDefinition } from './schema.js';

function toIssues(issues: readonly StandardSchemaV1.Issue[]): Issue[] {
  return issues.map((issue) => {
    const steps = (issue.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step));
    return { path: ['payload', ...steps].join('.'), message: issue.message };
  });
}

function outputOf(type: string, result: StandardSchemaV1.Result<unknown>): unknown {
  if (result.issues !== undefined) throw new PayloadError(`the payload of '${type}' fails its schema`, toIssues(result.issues));
  return result.value;
}

/**
 * Checks a payload by its declared schema and answers the schema's output; at once, or by a promise where the schema is asynchronous.
 * @throws PayloadError with the schema's issues (or rejects with it).
 */
export function validatePayload(type: string, definition: MessageDefinition, payload: unknown): unknown | Promise<unknown> {
  const result = definition.schema['~standard'].validate(payload);
  return result instanceof Promise ? result.then((settled) => outputOf(type, settled)) : outputOf(type, result);
}

/** Brings a payload of an older version up to the declared one, step by step. @throws PayloadError where a step is missing or throws. */
export function upcastPayload(type: string, definition: MessageDefinition, payload: unknown, version: number): unknown {
  const target = definition.version ?? 1;
  let value = payload;
  for (let step = version; step < target; step++) {
    const upcast = definition.upcast?.[step];
    const path = 'payload';
    if (upcast === undefined) {
      throw new PayloadError(`the payload of '${type}' is too old`, [{ path, message: `version ${step} has no upcaster to ${step + 1}` }]);
    }
    try {
      value = upcast(value);
    } catch (cause) {
      throw new PayloadError(`the payload of '${type}' could not be brought up`, [{ path, message: `upcast from ${step} threw` }], {
        cause,
      });
    }
  }
  return value;
}
