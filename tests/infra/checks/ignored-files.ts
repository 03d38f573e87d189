import { type Finding, read } from './finding.ts';

/** azd and other tools read a pattern without a leading slash at any depth: it takes files out of what is deployed. */
export function ignoredFiles(root: string): Finding[] {
  return read(root, '.funcignore')
    .split('\n')
    .flatMap((pattern, index) =>
      /^(?:[/#]|$)/.test(pattern)
        ? []
        : [
            {
              file: '.funcignore',
              line: index + 1,
              problem: `${pattern} is left out at any depth, also of dist/app and of packages.`,
              remedy: `Write /${pattern}.`,
            },
          ],
    );
}
