/** Sends what a device asks for, a page at a time: when the last one has room to leave, and while the device has credit for it. */
import { encodeMessage, type Pull, type SentCredit, bytesOf } from '@evermesh/core/protocol';
import type { ChannelSocket } from './channel-socket.ts';
import type { OpenFolder } from './folder-registry.ts';
import type { RecordsOptions } from './readable-records.ts';
import { recordPages } from './record-pages.ts';

export interface PullAnswerOptions extends RecordsOptions {
  readonly channel: number;
  readonly folder: OpenFolder;
  readonly socket: ChannelSocket;
  readonly credit: SentCredit;
  /** Nothing more is sent. */
  readonly isOver: () => boolean;
}

/**
 * Nobody waits here for credit, and nothing is kept meanwhile: a device that has none left is told what it did not get, and asks again
 * when it has.
 */
export async function answerPull({ documents }: Pull, options: PullAnswerOptions): Promise<void> {
  const { channel, folder, socket, credit, isOver } = options;
  const left = new Set(documents.map(({ document }) => document));
  const pages = recordPages(folder, documents, options);
  const sendOne = async (): Promise<boolean> => {
    const page = isOver() || !credit.isLeft ? undefined : await pages.next();
    // Somebody may have put something meanwhile, which was sent for the same credit.
    if (page === undefined || page.done === true || isOver() || !credit.isLeft) return false;
    const { records, done } = page.value;
    credit.spend(bytesOf(records));
    socket.send(encodeMessage({ type: 'RECORDS', channel, records, done }));
    for (const document of done) left.delete(document);
    return true;
  };
  while (await socket.inTurn(sendOne));
  await pages.return(undefined);
  if (left.size === 0 || isOver()) return;
  // Also in its turn: somebody may ask again and again, and read nothing.
  await socket.inTurn(() => {
    if (!isOver()) socket.send(encodeMessage({ type: 'UNSENT', channel, documents: [...left] }));
    return Promise.resolve();
  });
}
