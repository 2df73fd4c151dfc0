// Transcripts as text: for every frame a line that says who speaks, then its bytes in hexadecimal, 32 to a line.

import { readFileSync } from 'node:fs';
import type { MessageType, Sender } from '../../protocol/index.js';
import { encodeFrame } from '../../protocol/index.js';
import type { Utterance } from './golden-conversations.js';

/** A frame of a transcript. */
export interface TranscribedFrame {
  readonly sender: Sender;
  readonly type: MessageType;
  readonly frame: Uint8Array<ArrayBuffer>;
}

/** Where the transcript of a golden conversation lies. */
export function transcriptPath(name: string): string {
  return new URL(`../golden/protocol/${name}.hex`, import.meta.url).pathname;
}

/** The transcript of a conversation. */
export function transcriptOf(utterances: readonly Utterance[]): string {
  return utterances
    .map(({ sender, message, payload }, index) => {
      const lines =
        Buffer.from(encodeFrame(message, payload))
          .toString('hex')
          .match(/.{1,64}/g) ?? [];
      return `# ${index + 1} ${sender} ${message.type}\n${lines.join('\n')}\n`;
    })
    .join('\n');
}

/** The frames of a golden transcript. */
export function readTranscript(name: string): readonly TranscribedFrame[] {
  const sections = readFileSync(transcriptPath(name), 'utf8').split('\n\n');
  return sections.map((section) => {
    const [title = '', ...lines] = section.trim().split('\n');
    const [, , sender, type] = title.split(' ');
    const frame = Uint8Array.from(Buffer.from(lines.join(''), 'hex'));
    return { sender: sender as Sender, type: type as MessageType, frame };
  });
}
