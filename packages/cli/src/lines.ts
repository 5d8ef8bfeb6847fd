/** Reads lines from a stream, each at most `limit` bytes long, so that a broken or hostile peer cannot fill the memory. */
export async function* readLines(source: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<string> {
  let pieces: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of source) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      if (length + end - start > limit) throw new RangeError(`A line is longer than ${limit} bytes.`);
      pieces.push(chunk.subarray(start, end));
      yield Buffer.concat(pieces).toString('utf8');
      pieces = [];
      length = 0;
      start = end + 1;
    }
    length += chunk.byteLength - start;
    if (length > limit) throw new RangeError(`A line is longer than ${limit} bytes.`);
    if (start < chunk.byteLength) pieces.push(chunk.subarray(start));
  }
}
