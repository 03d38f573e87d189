metadata name = 'Service Bus'
metadata description = 'The namespace with every queue, topic, subscription and rule of the declaration. Identities only.'

import { diagnosticsType, lockKindType, principalsType, privateNetworkType, roleAssignmentType, serviceBusTopologyType, tagsType } from 'types.bicep'

@description('Name of the namespace.')
@minLength(6)
@maxLength(50)
param name string

@description('Region.')
param location string

@description('Tags.')
param tags tagsType

@description('The tier. Only Premium raises events to Event Grid and has private endpoints.')
@allowed(['Standard', 'Premium'])
param tier string

@description('Messaging units of a Premium namespace.')
@allowed([1, 2, 4, 8, 16])
param capacity int

@description('The Service Bus part of topology.json. Properties of entities are ARM\'s and are passed through.')
param topology serviceBusTopologyType

@description('Who may do what, with which queue or topic.')
param roleAssignments roleAssignmentType[]

@description('The identities of the role assignments.')
param principals principalsType

@description('The private way in; needed when isPrivate is true.')
param privateNetwork privateNetworkType?

@description('Closes the namespace to everything but the private network and trusted services. Premium only.')
param isPrivate bool

@description('Where logs and metrics go.')
param diagnostics diagnosticsType

@description('Whether the namespace can be deleted.')
param lockKind lockKindType

var roleDefinitions = loadJsonContent('role-definitions.json')
var isPremium = tier == 'Premium'
// Large messages are Premium's; elsewhere the property is refused.
var withheld = isPremium ? ['name', 'subscriptions'] : ['name', 'subscriptions', 'maxMessageSizeInKilobytes']
var queueNames = map(topology.queues, queue => queue.name)
var topicNames = map(topology.topics, topic => topic.name)
var queueRoles = filter(roleAssignments, assignment => contains(queueNames, assignment.?entity ?? ''))
var topicRoles = filter(roleAssignments, assignment => contains(topicNames, assignment.?entity ?? ''))

var subscriptions = flatten(map(topology.topics, topic => map(topic.subscriptions, subscription => {
  path: '${topic.name}/${subscription.name}'
  topic: topic.name
  name: subscription.name
  properties: toObject(filter(items(subscription), item => !contains(['name', 'rules'], item.key)), item => item.key, item => item.value)
  rules: subscription.?rules ?? []
})))
var subscriptionPaths = map(subscriptions, subscription => subscription.path)

// A new subscription has the rule $Default, which lets everything through. Where the declaration has rules, $Default lets nothing through.
var rules = flatten(map(subscriptions, subscription => empty(subscription.rules) ? [] : concat(
  [{ subscription: subscription.path, name: '$Default', properties: { filterType: 'SqlFilter', sqlFilter: { sqlExpression: '1=0' } } }],
  map(subscription.rules, rule => {
    subscription: subscription.path
    name: rule.name
    properties: toObject(filter(items(rule), item => item.key != 'name'), item => item.key, item => item.value)
  })
)))

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: name
  location: location
  tags: tags
  sku: {
    name: tier
    tier: tier
    capacity: isPremium ? capacity : null
  }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    // Not Disabled: Event Grid delivers here as a trusted service, which the firewall lets in and a closed door does not.
    publicNetworkAccess: 'Enabled'
    premiumMessagingPartitions: isPremium ? 1 : null
  }
}

resource networkRules 'Microsoft.ServiceBus/namespaces/networkRuleSets@2024-01-01' = if (isPremium) {
  parent: namespace
  name: 'default'
  properties: {
    publicNetworkAccess: 'Enabled'
    defaultAction: isPrivate ? 'Deny' : 'Allow'
    trustedServiceAccessEnabled: true
    // Deny is not enforced without a rule ("Configure IP firewall rules", learn.microsoft.com/azure/service-bus-messaging). This one lets
    // nobody in: the address is kept for documentation (RFC 5737). Trusted services pass all the same.
    ipRules: isPrivate ? [{ ipMask: '192.0.2.1', action: 'Allow' }] : []
    virtualNetworkRules: []
  }
}

resource queues 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = [for queue in topology.queues: {
  parent: namespace
  name: queue.name
  properties: toObject(filter(items(queue), item => !contains(withheld, item.key)), item => item.key, item => item.value)
}]

resource topics 'Microsoft.ServiceBus/namespaces/topics@2024-01-01' = [for topic in topology.topics: {
  parent: namespace
  name: topic.name
  properties: toObject(filter(items(topic), item => !contains(withheld, item.key)), item => item.key, item => item.value)
}]

resource topicSubscriptions 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2024-01-01' = [for subscription in subscriptions: {
  parent: topics[indexOf(topicNames, subscription.topic)]
  name: subscription.name
  properties: subscription.properties
  // A subscription may forward to a queue.
  dependsOn: [queues]
}]

resource subscriptionRules 'Microsoft.ServiceBus/namespaces/topics/subscriptions/rules@2024-01-01' = [for rule in rules: {
  parent: topicSubscriptions[indexOf(subscriptionPaths, rule.subscription)]
  name: rule.name
  properties: rule.properties
}]

resource rolesOnQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for assignment in queueRoles: {
  name: guid(namespace.id, assignment.?entity ?? '', assignment.key, assignment.role)
  scope: queues[indexOf(queueNames, assignment.?entity ?? '')]
  properties: {
    principalId: principals[assignment.principal].principalId
    principalType: principals[assignment.principal].principalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleDefinitions[assignment.role])
    description: assignment.reason
  }
}]

resource rolesOnTopics 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for assignment in topicRoles: {
  name: guid(namespace.id, assignment.?entity ?? '', assignment.key, assignment.role)
  scope: topics[indexOf(topicNames, assignment.?entity ?? '')]
  properties: {
    principalId: principals[assignment.principal].principalId
    principalType: principals[assignment.principal].principalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleDefinitions[assignment.role])
    description: assignment.reason
  }
}]

resource namespaceDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: namespace
  properties: {
    workspaceId: diagnostics.workspaceResourceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (lockKind == 'CanNotDelete') {
  name: 'keep'
  scope: namespace
  properties: {
    level: 'CanNotDelete'
    notes: 'Messages that are not yet handled would go with it.'
  }
}

module endpoint 'private-endpoint.bicep' = if (isPrivate) {
  params: {
    name: 'pep-${name}'
    location: location
    tags: tags
    subnetResourceId: privateNetwork!.subnetResourceId
    privateLinkServiceId: namespace.id
    groupId: 'namespace'
    privateDnsZoneResourceId: privateNetwork!.dnsZones.serviceBus
  }
}

@description('Resource id of the namespace.')
output resourceId string = namespace.id

@description('Name of the namespace.')
output name string = namespace.name

@description('Host name of the namespace.')
output fullyQualifiedNamespace string = split(split(namespace.properties.serviceBusEndpoint, '/')[2], ':')[0]
