interface Row {
  readonly flow: { readonly name: string };
  readonly wentIn: string;
  readonly cameOut: string;
  readonly missing: readonly string[];
  readonly seconds: number;
}

const widths = { flow: 14, wentIn: 40, cameOut: 46, time: 7 } as const;

/** A table of 120 columns: long cells go on in the next line. */
export function reportTable(rows: readonly Row[]): string {
  const rule = '-'.repeat(widths.flow + widths.wentIn + widths.cameOut + widths.time + 9);
  const lines = rows.flatMap(({ flow, wentIn, cameOut, missing, seconds }) => {
    const mark = missing.length === 0 ? '' : ' (not as expected)';
    const cells = [
      wrap(flow.name, widths.flow),
      wrap(wentIn, widths.wentIn),
      wrap(cameOut + mark, widths.cameOut),
      [`${seconds.toFixed(1)} s`],
    ];
    const height = Math.max(...cells.map((cell) => cell.length));
    return Array.from({ length: height }, (_, index) => line(cells.map((cell) => cell[index] ?? '')));
  });
  return [line(['flow', 'what went in', 'what came out', 'time']), rule, ...lines, rule].join('\n');
}

function line(cells: readonly string[]): string {
  const [flow = '', wentIn = '', cameOut = '', time = ''] = cells;
  return [
    flow.padEnd(widths.flow),
    wentIn.padEnd(widths.wentIn),
    cameOut.padEnd(widths.cameOut),
    time.padStart(widths.time),
  ].join('   ');
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
