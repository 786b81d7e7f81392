type Params = { [name: string]: unknown };

/** Parses a form as Rails does: `a[b]` is property b of a, `a[]` appends to the list a. */
export async function formParams(body: Buffer, contentType: string): Promise<Params> {
  const response = new Response(new Uint8Array(body), { headers: { 'content-type': contentType } });
  const params: Params = {};
  for (const [name, value] of await response.formData()) {
    const keys = [name.replace(/\[.*$/s, ''), ...[...name.matchAll(/\[([^\]]*)\]/g)].map(([, key = '']) => key)];
    put(params, keys, typeof value === 'string' ? value : value.name);
  }
  return params;
}

function put(params: Params, [key = '', next, ...rest]: readonly string[], value: string): void {
  if (next === undefined) {
    params[key] = value;
  } else if (next === '') {
    const list: unknown = params[key];
    params[key] = [...(Array.isArray(list) ? list : []), value];
  } else {
    const inner: unknown = params[key];
    const object: Params = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? { ...inner } : {};
    put(object, [next, ...rest], value);
    params[key] = object;
  }
}
