metadata name = 'Event Grid'
metadata description = 'Custom topics and system topics, with the subscriptions whose destination is there before the code is: queues. Those that call functions follow in subscriptions.bicep.'

import { deliveryRoleType, diagnosticsType, eventGridTopologyType, principalsType, privateNetworkType, roleAssignmentType, tagsType } from 'types.bicep'

@description('What every name begins with, and the token that makes it unique.')
param names { topicPrefix: string, systemTopicPrefix: string, token: string }

@description('Region.')
param location string

@description('Tags.')
param tags tagsType

@description('The Event Grid part of topology.json.')
param topology eventGridTopologyType

@description('Roles on queues and dead-letter containers. Each topic gets those on what its subscriptions name.')
param deliveryRoles deliveryRoleType[]

@description('Name of the account that holds dead letters, and whose blobs raise events.')
param storageAccountName string

@description('Name of the Service Bus namespace: a destination, and on Premium a source.')
param serviceBusNamespaceName string

@description('Name of the Event Hubs namespace: a source.')
param eventHubsNamespaceName string

@description('False on a Standard namespace: it raises no events, and a system topic on it is refused.')
param serviceBusRaisesEvents bool

@description('Who may publish to which custom topic.')
param roleAssignments roleAssignmentType[]

@description('The identities of the role assignments.')
param principals principalsType

@description('The private way in to the custom topics; needed when isPrivate is true.')
param privateNetwork privateNetworkType?

@description('Closes the custom topics to everything but the private network.')
param isPrivate bool

@description('Where logs and metrics go.')
param diagnostics diagnosticsType

var roleDefinitions = loadJsonContent('role-definitions.json')
var defaultRetryPolicy = { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 }
var topicNames = map(topology.topics, topic => topic.name)
var systemTopicsHere = filter(topology.systemTopics, topic => serviceBusRaisesEvents || topic.topicType != 'Microsoft.ServiceBus.Namespaces')

// Which topic gets which of the delivery roles, both by their position: those on what its subscriptions write to.
var queueRoles = filter(deliveryRoles, role => role.service == 'serviceBus')
var containerRoles = filter(deliveryRoles, role => role.service == 'storage')
var destinationsOf = map(topology.topics, topic => map(topic.eventSubscriptions, subscription => subscription.destination.name))
var deadLettersOf = map(topology.topics, topic => map(topic.eventSubscriptions, subscription => subscription.?deadLetterDestination.?container ?? ''))
var systemDeadLettersOf = map(systemTopicsHere, topic => map(topic.eventSubscriptions, subscription => subscription.?deadLetterDestination.?container ?? ''))
var queueAssignments = flatten(map(range(0, length(destinationsOf)), topicIndex => map(
  filter(range(0, length(queueRoles)), roleIndex => contains(destinationsOf[topicIndex], queueRoles[roleIndex].entity)),
  roleIndex => { topicIndex: topicIndex, roleIndex: roleIndex }
)))
var containerAssignments = flatten(map(range(0, length(deadLettersOf)), topicIndex => map(
  filter(range(0, length(containerRoles)), roleIndex => contains(deadLettersOf[topicIndex], containerRoles[roleIndex].entity)),
  roleIndex => { topicIndex: topicIndex, roleIndex: roleIndex }
)))
var systemContainerAssignments = flatten(map(range(0, length(systemDeadLettersOf)), topicIndex => map(
  filter(range(0, length(containerRoles)), roleIndex => contains(systemDeadLettersOf[topicIndex], containerRoles[roleIndex].entity)),
  roleIndex => { topicIndex: topicIndex, roleIndex: roleIndex }
)))

var queueSubscriptions = flatten(map(topology.topics, topic => map(
  filter(topic.eventSubscriptions, subscription => subscription.destination.endpointType == 'ServiceBusQueue'),
  subscription => { topic: topic.name, subscription: subscription }
)))

resource storageAccount 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageAccountName

  resource blobService 'blobServices' existing = {
    name: 'default'
  }
}

resource deadLetterContainers 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' existing = [for role in containerRoles: {
  parent: storageAccount::blobService
  name: role.entity
}]

resource serviceBus 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = {
  name: serviceBusNamespaceName
}

resource destinationQueues 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' existing = [for role in queueRoles: {
  parent: serviceBus
  name: role.entity
}]

resource eventHubs 'Microsoft.EventHub/namespaces@2024-01-01' existing = {
  name: eventHubsNamespaceName
}

var sources = {
  'Microsoft.Storage.StorageAccounts': storageAccount.id
  'Microsoft.ServiceBus.Namespaces': serviceBus.id
  'Microsoft.EventHub.Namespaces': eventHubs.id
}

// System-assigned: behind a firewall, Service Bus and Storage let Event Grid in by no other identity ("Deliver events using managed
// identities", learn.microsoft.com/azure/event-grid).
resource topics 'Microsoft.EventGrid/topics@2025-02-15' = [for topic in topology.topics: {
  //#checkov:skip=CKV_AZURE_193: Disabled where networkIsolation is true; without it only identities with the role may publish, for there are no keys.
  name: '${names.topicPrefix}${topic.name}-${names.token}'
  location: location
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: {
    inputSchema: topic.inputSchema
    disableLocalAuth: true
    minimumTlsVersionAllowed: '1.2'
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
  }
}]

resource systemTopics 'Microsoft.EventGrid/systemTopics@2025-02-15' = [for topic in systemTopicsHere: {
  name: '${names.systemTopicPrefix}${topic.name}-${names.token}'
  location: location
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: {
    topicType: topic.topicType
    source: sources[topic.topicType]
  }
}]

resource rolesOnQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for item in queueAssignments: {
  name: guid(destinationQueues[item.roleIndex].id, topics[item.topicIndex].id, queueRoles[item.roleIndex].role)
  scope: destinationQueues[item.roleIndex]
  properties: {
    principalId: topics[item.topicIndex].identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleDefinitions[queueRoles[item.roleIndex].role])
    description: queueRoles[item.roleIndex].reason
  }
}]

resource rolesOnContainers 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for item in containerAssignments: {
  name: guid(deadLetterContainers[item.roleIndex].id, topics[item.topicIndex].id, containerRoles[item.roleIndex].role)
  scope: deadLetterContainers[item.roleIndex]
  properties: {
    principalId: topics[item.topicIndex].identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleDefinitions[containerRoles[item.roleIndex].role])
    description: containerRoles[item.roleIndex].reason
  }
}]

resource systemRolesOnContainers 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for item in systemContainerAssignments: {
  name: guid(deadLetterContainers[item.roleIndex].id, systemTopics[item.topicIndex].id, containerRoles[item.roleIndex].role)
  scope: deadLetterContainers[item.roleIndex]
  properties: {
    principalId: systemTopics[item.topicIndex].identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleDefinitions[containerRoles[item.roleIndex].role])
    description: containerRoles[item.roleIndex].reason
  }
}]

resource toQueues 'Microsoft.EventGrid/topics/eventSubscriptions@2025-02-15' = [for item in queueSubscriptions: {
  parent: topics[indexOf(topicNames, item.topic)]
  name: item.subscription.name
  properties: {
    // By identity; it takes the place of `destination`.
    deliveryWithResourceIdentity: {
      identity: { type: 'SystemAssigned' }
      destination: {
        endpointType: 'ServiceBusQueue'
        properties: {
          resourceId: resourceId('Microsoft.ServiceBus/namespaces/queues', serviceBusNamespaceName, item.subscription.destination.name)
        }
      }
    }
    eventDeliverySchema: item.subscription.?eventDeliverySchema ?? 'CloudEventSchemaV1_0'
    filter: item.subscription.?filter ?? {}
    retryPolicy: item.subscription.?retryPolicy ?? defaultRetryPolicy
    deadLetterWithResourceIdentity: item.subscription.?deadLetterDestination == null ? null : {
      identity: { type: 'SystemAssigned' }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: {
          resourceId: storageAccount.id
          blobContainerName: item.subscription.deadLetterDestination!.container
        }
      }
    }
  }
  dependsOn: [rolesOnQueues, rolesOnContainers]
}]

resource publishers 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for assignment in roleAssignments: {
  name: guid(topics[indexOf(topicNames, assignment.?entity ?? '')].id, assignment.key, assignment.role)
  scope: topics[indexOf(topicNames, assignment.?entity ?? '')]
  properties: {
    principalId: principals[assignment.principal].principalId
    principalType: principals[assignment.principal].principalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleDefinitions[assignment.role])
    description: assignment.reason
  }
}]

resource topicDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = [for (topic, index) in topology.topics: {
  name: 'to-log-analytics'
  scope: topics[index]
  properties: {
    workspaceId: diagnostics.workspaceResourceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}]

resource systemTopicDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = [for (topic, index) in systemTopicsHere: {
  name: 'to-log-analytics'
  scope: systemTopics[index]
  properties: {
    workspaceId: diagnostics.workspaceResourceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}]

module endpoints 'private-endpoint.bicep' = [for (topic, index) in topology.topics: if (isPrivate) {
  params: {
    name: 'pep-${topics[index].name}'
    location: location
    tags: tags
    subnetResourceId: privateNetwork!.subnetResourceId
    privateLinkServiceId: topics[index].id
    groupId: 'topic'
    privateDnsZoneResourceId: privateNetwork!.dnsZones.eventGrid
  }
}]

@description('The custom topics: name in the declaration, endpoint.')
output topics { name: string, endpoint: string }[] = [for (topic, index) in topology.topics: {
  name: topic.name
  endpoint: topics[index].properties.endpoint
}]
