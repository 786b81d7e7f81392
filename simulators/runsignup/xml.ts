const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const singular = (name: string): string => (name.endsWith('s') ? name.slice(0, -1) : 'item');

function element(name: string, value: unknown): string {
  if (value === null || value === undefined) return `<${name}/>`;
  if (Array.isArray(value)) {
    return `<${name}>${value.map((item) => element(singular(name), item)).join('')}</${name}>`;
  }
  if (typeof value === 'object') {
    const inner = Object.entries(value).map(([key, part]) => element(key, part));
    return `<${name}>${inner.join('')}</${name}>`;
  }
  return `<${name}>${escaped(typeof value === 'string' ? value : JSON.stringify(value))}</${name}>`;
}

/** An answer as XML, sent if `format=json` is missing. */
export function toXml(answer: unknown): string {
  const [name, value] =
    typeof answer === 'object' && answer !== null && !Array.isArray(answer) && Object.keys(answer).length === 1
      ? (Object.entries(answer)[0] ?? ['results', answer])
      : ['results', answer];
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element(name, value)}\n`;
}
