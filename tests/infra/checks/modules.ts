import { posix } from 'node:path';
import {
  type BicepFile,
  declarationsOf,
  lineOf,
  nameOf,
  nodesOf,
  propertiesOf,
  propertyOf,
  topLevel,
} from '../../../scripts/infra/bicep.ts';
import { type Finding, nearest } from './finding.ts';

interface Interface {
  readonly parameters: readonly { readonly name: string; readonly isRequired: boolean }[];
  readonly outputs: readonly string[];
}

function interfaceOf({ root }: BicepFile): Interface {
  return {
    parameters: topLevel(root, 'parameter_declaration').map((node) => ({
      name: nameOf(node),
      isRequired: !node.children.some((child) => child?.text === '=') && !/\?$/.test(node.text.trim()),
    })),
    outputs: topLevel(root, 'output_declaration').map(nameOf),
  };
}

/** Modules are given the parameters that they have, and asked for the outputs that they have; so are parameter files. */
export function moduleInterfaces(files: readonly BicepFile[]): Finding[] {
  const byPath = new Map(files.map((file) => [file.path, interfaceOf(file)]));
  return files.flatMap((file) =>
    file.path.endsWith('.bicepparam') ? parameterFile(file, byPath) : calledModules(file, byPath),
  );
}

function calledModules(file: BicepFile, byPath: ReadonlyMap<string, Interface>): Finding[] {
  const called = declarationsOf(file.root, 'module').map((module) => ({
    ...module,
    path: posix.join(posix.dirname(file.path), module.what),
  }));
  const given = called.flatMap(({ path, node, body }) => {
    const its = byPath.get(path);
    if (!its) return [at(file, lineOf(node), `There is no module ${path}.`, 'Correct the path.')];
    const params = propertyOf(body, 'params');
    const properties = params ? propertiesOf(params) : [];
    return compare(
      file,
      its,
      path,
      lineOf(node),
      properties.map((one) => ({ name: one.name, line: lineOf(one.node) })),
    );
  });
  const asked = nodesOf(file.root, 'member_expression').flatMap((node) => {
    const [, name = '', output = ''] = /^(\w+)!?\.outputs\.(\w+)$/.exec(node.text) ?? [];
    const module = called.find((one) => one.name === name);
    const outputs = module && byPath.get(module.path)?.outputs;
    if (!outputs || outputs.includes(output)) return [];
    const meant = nearest(output, outputs);
    return [
      at(
        file,
        lineOf(node),
        `The module ${name} has no output ${output}.`,
        meant ? `Write ${meant}.` : `It has ${outputs.join(', ')}.`,
      ),
    ];
  });
  return [...given, ...asked];
}

function parameterFile(file: BicepFile, byPath: ReadonlyMap<string, Interface>): Finding[] {
  const using = /^using '([^']+)'/m.exec(file.text)?.[1] ?? '';
  const its = byPath.get(posix.join(posix.dirname(file.path), using));
  if (!its)
    return [at(file, 1, `It is for ${using || 'nothing'}, which is not there.`, "Begin with using '<template>'.")];
  const given = topLevel(file.root, 'variable_declaration').map((node) => ({ name: nameOf(node), line: lineOf(node) }));
  return compare(file, its, using, 1, given);
}

function compare(
  file: BicepFile,
  { parameters }: Interface,
  of: string,
  line: number,
  given: readonly { readonly name: string; readonly line: number }[],
): Finding[] {
  const known = parameters.map(({ name }) => name);
  const unknown = given.filter(({ name }) => !known.includes(name));
  const excused = unknown.map(({ name }) => nearest(name, known));
  const missing = parameters.filter(
    ({ name, isRequired }) => isRequired && !excused.includes(name) && !given.some((one) => one.name === name),
  );
  return [
    ...unknown.map(({ name, line: there }) => {
      const meant = nearest(name, known);
      return at(file, there, `${of} has no parameter ${name}.`, meant ? `Write ${meant}.` : 'Remove it.');
    }),
    ...missing.map(({ name }) => at(file, line, `${of} wants the parameter ${name}.`, 'Give it one.')),
  ];
}

function at(file: BicepFile, line: number, problem: string, remedy: string): Finding {
  return { file: `infra/${file.path}`, line, problem, remedy };
}
