/** Somebody who has a file be again what it was. */
import { changing, isAlone } from './changing.ts';
import { textOf } from './observe.ts';
import { opened } from './opening.ts';
import { pickFile, type Seat } from './seat.ts';
import { shown } from './typing.ts';

/** What is counted of old versions: worlds in which little of it happens prove little. */
export const VERSIONS = {
  restored: 'a version is restored',
  exact: 'a version is restored, and nothing else happens to the file',
  settled: 'contents in conflict are settled',
  chunked: 'a content in chunks is attached',
} as const;

export async function restoreVersion(seat: Seat): Promise<void> {
  const { folder, random, who, now, say, said, cannot, violate } = seat;
  const file = pickFile(seat);
  if (file === undefined) return cannot('finds no file that was anything before');
  const { id } = file;
  const path = folder.nodes.pathOf(id);
  const listed = await folder.versions(path, { all: true });
  if (listed.length === 0) return cannot(`finds no version of ${path}`);
  const version = random.pick(listed);
  const wanted = new TextDecoder().decode(await folder.readVersion(path, version));
  const before = await opened(seat, id);
  if (before === undefined) return cannot(`looks at ${path}, which has not arrived`);
  const look = await textOf(folder, before.content);
  const isSame = look === wanted && before.content.kind === version.kind;
  if (isSame) return cannot(`finds that ${path} is what it was`);
  if (folder.nodes.node(id) === undefined || folder.nodes.pathOf(id) !== path)
    return cannot(`finds something else at ${path} by then`);
  say(() => `restores a version of ${path}: ${shown(look)} -> ${shown(wanted)}`);
  const how = `version ${version.id} of ${path} restored by ${who} at ${now()}`;
  const after = await changing(
    seat,
    { id, path, how, listed, heads: before.heads, look, wanted },
    async () => {
      await folder.restore(path, { version });
      await folder.flush();
    },
  );
  said(VERSIONS.restored);
  if (after === undefined || !isAlone(before.heads, after.heads, seat)) return;
  said(VERSIONS.exact);
  const { content } = after;
  const text = await textOf(folder, content);
  if (text !== wanted || content.kind !== version.kind)
    violate('L4', `${who} restores ${shown(wanted)} at ${path}, and finds ${shown(text)}`);
}
