import { ConnectionError, TimeoutError } from '@quayside/core';

/** What a call answers; `otherwise` where bad weather kept it from an answer. Every other failure is thrown on. */
export async function unlessLost<T, O>(call: Promise<T>, otherwise: O): Promise<T | O> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ConnectionError || error instanceof TimeoutError) return otherwise;
    throw error;
  }
}
