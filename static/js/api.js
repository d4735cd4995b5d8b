/** The JSON routes of docs/protocol.md. A failure is a `Refusal` or `Disconnected`, as on the socket. */

import { Disconnected, Refusal } from './protocol.js';

const ANSWER_WITHIN_MS = 20_000;

/**
 * @param {'GET' | 'POST' | 'DELETE'} method
 * @param {string} path below `/api/v1/`
 * @param {object} [body]
 * @returns {Promise<any>} the answer; null where there is none
 */
export async function ask(method, path, body) {
  const headers = { 'X-XSRFToken': document.querySelector('meta[name="xsrf"]').content };
  if (body) headers['Content-Type'] = 'application/json';
  let status;
  let answer;
  try {
    const response = await fetch(`/api/v1/${path}`, {
      method,
      headers,
      body: body && JSON.stringify(body),
      cache: 'no-store',
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    status = response.status;
    answer = status === 204 ? null : await response.json();
  } catch {
    throw new Disconnected();
  }
  if (status >= 400) throw new Refusal(answer.error ?? { code: 'internal' });
  return answer;
}
