// Plain JavaScript for any Node from 18 on. Usage: npm run images, or npm run images -- --check
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FILES = ['Dockerfile', 'docker-compose.yml'];

/** `FROM name:tag` and `image: name:tag`, with the digest if there is one. */
const REFERENCE = /^(?:FROM|\s{1,20}image:) ([a-z0-9/-]{1,100}:[\w.-]{1,100})(@sha256:[0-9a-f]{64})?(?=\s|$)/gm;

/**
 * The images that a file names, by tag, with their digest or undefined.
 *
 * @param {string} text
 */
export function imagesIn(text) {
  return [...text.matchAll(REFERENCE)].map(([, name = '', digest]) => ({ name, digest }));
}

/** @param {string} name */
function digestOf(name) {
  const args = ['buildx', 'imagetools', 'inspect', '--format', '{{.Manifest.Digest}}', name];
  const { stdout, stderr, error } = spawnSync('docker', args, { encoding: 'utf8' });
  const digest = stdout?.trim() ?? '';
  if (/^sha256:[0-9a-f]{64}$/.test(digest)) return digest;
  console.error(`${name}: ${error?.message ?? stderr.trim().split('\n')[0]}`);
  return null;
}

/** Runs only as a program, not where it is imported. */
if ((process.argv[1] ?? '').endsWith('pin-images.mjs')) {
  const folder = process.env['PIN_IMAGES_IN'] ?? fileURLToPath(new URL('..', import.meta.url));
  const isCheck = process.argv.includes('--check');
  for (const file of FILES) {
    let text = readFileSync(`${folder}/${file}`, 'utf8');
    const loose = new Set(imagesIn(text).flatMap(({ name, digest }) => (digest === undefined ? [name] : [])));
    for (const name of loose) {
      const digest = isCheck ? null : digestOf(name);
      if (isCheck) console.error(`${file}: ${name} has no digest`);
      if (digest === null) process.exitCode = 1;
      else {
        text = text.replace(REFERENCE, (whole, image, known) =>
          image === name && known === undefined ? `${whole}@${digest}` : whole,
        );
        console.log(`${file}: ${name}@${digest}`);
      }
    }
    if (!isCheck) writeFileSync(`${folder}/${file}`, text);
  }
}
