import { BadRequest, type ManagementOperation, NO_CONTENT, OK } from './operation.ts';
import { fromRule, toRule } from './rule-encoding.ts';

const addRule: ManagementOperation = {
  right: 'Manage',
  run(call) {
    const description = call.need<unknown>('rule-description');
    if (!(description instanceof Map)) throw new BadRequest("'rule-description' is not a map.");
    const rule = toRule(
      call.need<string>('rule-name'),
      description as ReadonlyMap<string, unknown>,
      call.request.typedMap('rule-description', 'correlation-filter', 'properties'),
    );
    const added = call.context.broker.addRule(call.path, rule);
    return added.ok ? call.whenDurable(OK) : call.refuse(added);
  },
};

const removeRule: ManagementOperation = {
  right: 'Manage',
  run(call) {
    const name = call.need<string>('rule-name');
    const removed = call.context.broker.removeRule(call.path, name);
    if (removed.ok) return call.whenDurable(OK);
    // A rule is an entity to the service's clients: they know it is missing by the text.
    const isMissing = removed.outcome === 'rule-not-found';
    return call.refuse(
      isMissing ? { ...removed, outcome: 'entity-not-found', entity: `${call.path}/Rules/${name}` } : removed,
    );
  },
};

const enumerateRules: ManagementOperation = {
  right: 'Listen',
  run(call) {
    const listed = call.context.broker.listRules(call.path);
    if (!listed.ok) return call.refuse(listed);
    const skip = call.get<number>('skip') ?? 0;
    const page = listed.rules.slice(skip, skip + (call.get<number>('top') ?? 100));
    if (page.length === 0) return NO_CONTENT;
    return { statusCode: 200, body: { rules: page.map(fromRule) } };
  },
};

export const ruleOperations: Readonly<Record<string, ManagementOperation>> = {
  'com.microsoft:add-rule': addRule,
  'com.microsoft:remove-rule': removeRule,
  'com.microsoft:enumerate-rules': enumerateRules,
};
