import { type BicepFile, declarationsOf, lineOf, propertiesOf, propertyOf } from '../../../scripts/infra/bicep.ts';
import type { Finding } from './finding.ts';

/** What a closed network needs, and a template that is only read does not show: two rules of the services' documentation. */
export function isolation(files: readonly BicepFile[]): Finding[] {
  return files.flatMap((file) => [...firewallsThatHold(file), ...identitiesThatPass(file)]);
}

/** A namespace that denies by default and has no rule is open (service-bus-ip-filtering, event-hubs-ip-filtering). */
function firewallsThatHold({ path, root }: BicepFile): Finding[] {
  return declarationsOf(root, 'resource')
    .filter(({ what }) => what.endsWith('/networkRuleSets'))
    .flatMap(({ node, body }) => {
      const rules = propertyOf(body, 'properties');
      const text = (name: string) => propertyOf(rules, name)?.text ?? '[]';
      const hasRule = text('ipRules') !== '[]' || text('virtualNetworkRules') !== '[]';
      if (hasRule || !text('defaultAction').includes('Deny') || text('publicNetworkAccess').includes('Disabled'))
        return [];
      return [
        {
          file: `infra/${path}`,
          line: lineOf(node),
          problem: 'The namespace denies by default and has no rule: the service then lets everybody in.',
          remedy: 'Give it a rule, or set publicNetworkAccess to Disabled where it is isolated.',
        },
      ];
    });
}

/** Through a firewall Event Grid delivers by its system-assigned identity alone (deliver-events-using-managed-identity). */
function identitiesThatPass({ path, root }: BicepFile): Finding[] {
  return declarationsOf(root, 'resource')
    .filter(({ what }) => what.endsWith('/eventSubscriptions'))
    .flatMap(({ body }) => (body ? [body, ...body.descendantsOfType('object')] : []))
    .flatMap((object) => (object ? propertiesOf(object) : []))
    .filter(({ name, value }) => name === 'identity' && value.text.includes('UserAssigned'))
    .map(({ node }) => ({
      file: `infra/${path}`,
      line: lineOf(node),
      problem: 'Event Grid cannot deliver through a firewall by a user-assigned identity.',
      remedy: "Write identity: { type: 'SystemAssigned' }, and give the identity of the topic its role.",
    }));
}
