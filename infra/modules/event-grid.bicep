metadata name = 'Event Grid'
metadata description = 'Custom topics and system topics, with the subscriptions whose destination is there before the code is: queues. Those that call functions follow in subscriptions.bicep.'

import { diagnosticsType, eventGridTopologyType, principalsType, privateNetworkType, roleAssignmentType, tagsType } from 'types.bicep'

@description('What every name begins with, and the token that makes it unique.')
param names { topicPrefix: string, systemTopicPrefix: string, token: string }

@description('Region.')
param location string

@description('Tags.')
param tags tagsType

@description('The Event Grid part of topology.json.')
param topology eventGridTopologyType

@description('Resource id of the identity with which events are delivered and dead-lettered.')
param identityResourceId string

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
var queueSubscriptions = flatten(map(topology.topics, topic => map(
  filter(topic.eventSubscriptions, subscription => subscription.destination.endpointType == 'ServiceBusQueue'),
  subscription => { topic: topic.name, subscription: subscription }
)))

resource storageAccount 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageAccountName
}

resource serviceBus 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = {
  name: serviceBusNamespaceName
}

resource eventHubs 'Microsoft.EventHub/namespaces@2024-01-01' existing = {
  name: eventHubsNamespaceName
}

var sources = {
  'Microsoft.Storage.StorageAccounts': storageAccount.id
  'Microsoft.ServiceBus.Namespaces': serviceBus.id
  'Microsoft.EventHub.Namespaces': eventHubs.id
}

resource topics 'Microsoft.EventGrid/topics@2025-02-15' = [for topic in topology.topics: {
  //#checkov:skip=CKV_AZURE_193: Disabled where networkIsolation is true; without it only identities with the role may publish, for there are no keys.
  name: '${names.topicPrefix}${topic.name}-${names.token}'
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityResourceId}': {} }
  }
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
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityResourceId}': {} }
  }
  properties: {
    topicType: topic.topicType
    source: sources[topic.topicType]
  }
}]

resource toQueues 'Microsoft.EventGrid/topics/eventSubscriptions@2025-02-15' = [for item in queueSubscriptions: {
  parent: topics[indexOf(topicNames, item.topic)]
  name: item.subscription.name
  properties: {
    // By identity; it takes the place of `destination`.
    deliveryWithResourceIdentity: {
      identity: {
        type: 'UserAssigned'
        userAssignedIdentity: identityResourceId
      }
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
      identity: {
        type: 'UserAssigned'
        userAssignedIdentity: identityResourceId
      }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: {
          resourceId: storageAccount.id
          blobContainerName: item.subscription.deadLetterDestination!.container
        }
      }
    }
  }
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
