import { join } from 'node:path';
import { readBicep } from '../../../scripts/infra/bicep.ts';
import type { AppFacts } from './app-facts.ts';
import { everyDestinationIsHandled, everyEntityIsMade, noKeys } from './entities.ts';
import type { Finding } from './finding.ts';
import { ignoredFiles } from './ignored-files.ts';
import { isolation } from './isolation.ts';
import { linter } from './linter.ts';
import { moduleInterfaces } from './modules.ts';
import { deployedService, runbooks } from './operations.ts';
import { noSecretsInOutputs } from './outputs.ts';
import { parses } from './parses.ts';
import { roles } from './roles.ts';
import { settings } from './settings.ts';
import { consumerGroups, logicApps, sessionQueues, subscriptions } from './subscriptions.ts';
import { drift, readTopologyFile } from './topology-file.ts';

/** Everything that is wrong with the infrastructure of a repository (or of a copy), held against what the app is. */
export async function findings(root: string, facts: AppFacts): Promise<Finding[]> {
  const files = await readBicep(join(root, 'infra'));
  const broken = parses(files);
  // What does not parse cannot be looked at.
  if (broken.length > 0) return broken;
  const topology = readTopologyFile(root);
  return [
    ...drift(root, facts.topologyText),
    ...everyEntityIsMade(files),
    ...everyDestinationIsHandled(files, topology, root),
    ...noKeys(files),
    ...settings(files, facts),
    ...roles(root, facts, topology),
    ...subscriptions(root, facts, topology),
    ...sessionQueues(root, topology),
    ...consumerGroups(root, facts, topology),
    ...logicApps(files, topology),
    ...noSecretsInOutputs(files),
    ...moduleInterfaces(files),
    ...runbooks(root, files),
    ...deployedService(root, files),
    ...ignoredFiles(root),
    ...linter(files),
    ...isolation(files),
  ];
}
