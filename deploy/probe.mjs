// For health checks: exit code 0 if the address answers with success. Usage: node deploy/probe.mjs URL
const url = process.argv[2];
if (url === undefined) {
  console.error('Usage: node deploy/probe.mjs URL');
  process.exit(2);
}
try {
  const response = await fetch(url, { signal: AbortSignal.timeout(4_000) });
  if (!response.ok) console.error(`${response.status} ${(await response.text()).slice(0, 500)}`);
  process.exit(response.ok ? 0 : 1);
} catch (error) {
  // fetch's own message is only "fetch failed"; its cause says why.
  const { cause = error } = /** @type {{ cause?: unknown }} */ (error);
  console.error(String(cause));
  process.exit(1);
}
