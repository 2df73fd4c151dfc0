// docs/protocol.md says what the code does: messages, fields, errors, limits and the example.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  contractVersion,
  defaultProtocolLimits,
  errorCodes,
  errorDefinitions,
  fieldLimits,
  messageSchemas,
  protocolVersion,
} from '../../protocol/index.js';
import { readTranscript } from './transcript.js';

const document = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');
const schemas: Readonly<Record<string, { readonly shape: object }>> = { ...messageSchemas.worker, ...messageSchemas.coordinator };

/** What stands under a heading, up to the next one of its level or above. */
function section(heading: string): string {
  const [, text = ''] = document.split(`\n${heading}\n`);
  const level = heading.indexOf(' ');
  return text.split(new RegExp(`\\n#{1,${level}} `))[0] ?? '';
}

/** The cells of all table rows below a heading, without the head. */
function rows(heading: string): readonly (readonly string[])[] {
  const lines = section(heading)
    .split('\n')
    .filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe('docs/protocol.md', () => {
  test.each(Object.keys(schemas))('lists the fields of %s in their order', (type) => {
    const fields = rows(`### \`${type}\``).map(([field]) => field);
    const nested = type === 'welcome' ? ['role', 'sha256', 'byteLength', 'inputLength', 'outputLength'] : [];
    const wanted = Object.keys(schemas[type]?.shape ?? {}).flatMap((field) =>
      field === 'programs' ? [field, ...nested] : [field],
    );
    expect(fields).toEqual(wanted.map((field) => `\`${field}\``));
  });

  test('lists every error as the code defines it', () => {
    const wanted = errorCodes.map((code) => {
      const { closeCode, sender, retry, meaning } = errorDefinitions[code];
      return [`\`${code}\``, `${closeCode}`, sender, retry ? 'yes' : 'no', meaning];
    });
    expect(rows('## Errors')).toEqual(wanted);
  });

  test('lists every limit with its value', () => {
    const limits = Object.entries({ ...defaultProtocolLimits, ...fieldLimits });
    expect(rows('## Limits').map(([name, value]) => [name, value])).toEqual(
      limits.map(([name, value]) => [`\`${name}\``, `${value}`]),
    );
  });

  test('names the versions', () => {
    expect(document).toContain(`protocol version **${protocolVersion}** with contract version **${contractVersion}**`);
  });

  test('shows a frame of the golden conversation', () => {
    const [, example = ''] = section('## A frame byte by byte').split('```');
    const frame = readTranscript('conversation')[4]?.frame ?? new Uint8Array();
    expect(example.replaceAll('\n', '')).toBe(Buffer.from(frame).toString('hex'));
    const offsets = rows('## A frame byte by byte').map(([offset, bytes = '']) => {
      const start = Number(offset);
      const [head = '', tail = ''] = bytes.replaceAll('`', '').replaceAll(' ', '').split('…');
      const text = Buffer.from(frame.subarray(start)).toString('hex');
      return [text.startsWith(head), tail === '' || text.includes(tail)];
    });
    expect(offsets).toEqual(offsets.map(() => [true, true]));
  });
});
