/** What a browser calls itself, in two words that people know. */

/** The first that fits counts: nearly all browsers claim to be others, too. */
const BROWSERS = [
  [/\bEdgi?A?(?:OS)?\//u, 'Edge'],
  [/\bOPR\/|\bOpera\b/u, 'Opera'],
  [/\bSamsungBrowser\//u, 'Samsung Internet'],
  [/\bFirefox\/|\bFxiOS\//u, 'Firefox'],
  [/Chrom(?:e|ium)\/|\bCriOS\//u, 'Chrome'],
  [/\bSafari\//u, 'Safari'],
];
const SYSTEMS = [
  [/\biPad\b/u, 'iPad'],
  [/\biPhone\b/u, 'iPhone'],
  [/\bAndroid\b/u, 'Android'],
  [/\bWindows\b/u, 'Windows'],
  [/\bCrOS\b/u, 'ChromeOS'],
  [/\bMac OS X\b/u, 'macOS'],
  [/\bLinux\b/u, 'Linux'],
];

/**
 * @param {string} agent a User-Agent header
 * @returns {{program: string, system: string}} each '' if it cannot be told; the program of what
 *   is no browser is the first word it says, without its version
 */
export function deviceOf(agent) {
  const find = (table) => table.find(([pattern]) => pattern.test(agent))?.[1] ?? '';
  const program = find(BROWSERS) || (agent.match(/^[\p{L}\p{N}._-]{1,32}/u)?.[0] ?? '');
  return { program: program === 'Mozilla' ? '' : program, system: find(SYSTEMS) };
}
