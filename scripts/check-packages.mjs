/**
 * Looks at every workspace package as npm would publish it: publint for its manifest, attw for the types of each
 * entry point. Needs `npm run build` before. Prints what each tool says and fails if any of them complains.
 */
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const root = new URL('..', import.meta.url);
const manifest = async (directory) =>
  JSON.parse(await readFile(new URL(`${directory}package.json`, root), 'utf8'));

function passes(tool, ...parameters) {
  const command = fileURLToPath(new URL(`node_modules/.bin/${tool}`, root));
  return spawnSync(command, parameters, { cwd: root, stdio: 'inherit' }).status === 0;
}

const failures = [];
for (const directory of (await manifest('')).workspaces) {
  const { name, private: isPrivate, exports } = await manifest(`${directory}/`);
  if (isPrivate === true) continue;
  console.log(`\n== ${name}`);
  if (!passes('publint', directory, '--strict')) failures.push(`publint ${name}`);
  // A package that is only a command has no types to look at.
  const hasTypes = Object.keys(exports).some((entry) => entry !== './package.json');
  if (hasTypes && !passes('attw', '--pack', directory, '--profile', 'esm-only'))
    failures.push(`attw ${name}`);
}
if (failures.length > 0) {
  console.error(`\nFailed: ${failures.join(', ')}`);
  process.exitCode = 1;
}
