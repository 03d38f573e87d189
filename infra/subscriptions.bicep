metadata name = 'Event subscriptions that call the app'
metadata description = 'Phase two. Event Grid refuses a subscription to a function that is not deployed, so these come after the code. All from topology.json.'

@description('Name of the function app (output FUNCTION_APP_NAME of main.bicep).')
@minLength(2)
param functionAppName string

@description('Token in every name (output NAME_TOKEN).')
@minLength(1)
param nameToken string

@description('Name of the storage account that holds dead letters (output STORAGE_ACCOUNT_NAME).')
@minLength(3)
param storageAccountName string

@description('Tier of the Service Bus namespace (output SERVICE_BUS_TIER). Standard raises no events: its subscriptions are left out.')
@allowed(['Standard', 'Premium'])
param serviceBusTier string

@description('Whether Logic Apps send mail (output LOGIC_APPS).')
param logicApps bool

var topology = any(loadJsonContent('topology.json'))
var abbreviations = loadJsonContent('abbreviations.json')
// The functions for which a Logic App of the same name stands in.
var logicAppHandlers = ['mail-alert', 'mail-photo-outcome']
var defaultRetryPolicy = { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 }

var customSubscriptions = flatten(map(topology.eventGrid.topics, topic => map(
  filter(topic.eventSubscriptions, subscription => subscription.destination.endpointType == 'AzureFunction'),
  subscription => { topic: topic.name, subscription: subscription }
)))
var toFunctions = filter(customSubscriptions, item => !(logicApps && contains(logicAppHandlers, item.subscription.destination.name)))
var toLogicApps = filter(customSubscriptions, item => logicApps && contains(logicAppHandlers, item.subscription.destination.name))
var systemSubscriptions = flatten(map(
  filter(topology.eventGrid.systemTopics, topic => serviceBusTier == 'Premium' || topic.topicType != 'Microsoft.ServiceBus.Namespaces'),
  topic => map(
    filter(topic.eventSubscriptions, subscription => subscription.destination.endpointType == 'AzureFunction'),
    subscription => { topic: topic.name, subscription: subscription }
  )
))
var systemTopicNames = union(map(systemSubscriptions, item => item.topic), [])
var customTopicNames = union(map(customSubscriptions, item => item.topic), [])

resource storageAccount 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageAccountName
}

resource customTopics 'Microsoft.EventGrid/topics@2025-02-15' existing = [for name in customTopicNames: {
  name: '${abbreviations.eventGridTopic}${name}-${nameToken}'
}]

resource systemTopics 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = [for name in systemTopicNames: {
  name: '${abbreviations.eventGridSystemTopic}${name}-${nameToken}'
}]

resource workflows 'Microsoft.Logic/workflows@2019-05-01' existing = [for item in toLogicApps: {
  name: '${abbreviations.logicApp}${item.subscription.destination.name}-${nameToken}'
}]

resource workflowTriggers 'Microsoft.Logic/workflows/triggers@2019-05-01' existing = [for (item, index) in toLogicApps: {
  parent: workflows[index]
  name: 'manual'
}]

resource functionSubscriptions 'Microsoft.EventGrid/topics/eventSubscriptions@2025-02-15' = [for item in toFunctions: {
  parent: customTopics[indexOf(customTopicNames, item.topic)]
  name: item.subscription.name
  properties: {
    destination: {
      endpointType: 'AzureFunction'
      properties: {
        resourceId: resourceId('Microsoft.Web/sites/functions', functionAppName, item.subscription.destination.name)
        maxEventsPerBatch: item.subscription.destination.?maxEventsPerBatch ?? 1
        preferredBatchSizeInKilobytes: item.subscription.destination.?preferredBatchSizeInKilobytes ?? 64
      }
    }
    eventDeliverySchema: item.subscription.?eventDeliverySchema ?? 'CloudEventSchemaV1_0'
    filter: item.subscription.?filter ?? {}
    retryPolicy: item.subscription.?retryPolicy ?? defaultRetryPolicy
    deadLetterWithResourceIdentity: item.subscription.?deadLetterDestination == null ? null : {
      identity: { type: 'SystemAssigned' }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: { resourceId: storageAccount.id, blobContainerName: item.subscription.deadLetterDestination.container }
      }
    }
  }
}]

resource logicAppSubscriptions 'Microsoft.EventGrid/topics/eventSubscriptions@2025-02-15' = [for (item, index) in toLogicApps: {
  parent: customTopics[indexOf(customTopicNames, item.topic)]
  name: item.subscription.name
  properties: {
    destination: {
      endpointType: 'WebHook'
      properties: {
        // The URL holds the key of the trigger. It goes to Event Grid and into no output.
        endpointUrl: workflowTriggers[index].listCallbackUrl().value
        maxEventsPerBatch: 1
        preferredBatchSizeInKilobytes: 64
      }
    }
    eventDeliverySchema: 'CloudEventSchemaV1_0'
    filter: item.subscription.?filter ?? {}
    retryPolicy: item.subscription.?retryPolicy ?? defaultRetryPolicy
    deadLetterWithResourceIdentity: item.subscription.?deadLetterDestination == null ? null : {
      identity: { type: 'SystemAssigned' }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: { resourceId: storageAccount.id, blobContainerName: item.subscription.deadLetterDestination.container }
      }
    }
  }
}]

resource systemTopicSubscriptions 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = [for item in systemSubscriptions: {
  parent: systemTopics[indexOf(systemTopicNames, item.topic)]
  name: item.subscription.name
  properties: {
    destination: {
      endpointType: 'AzureFunction'
      properties: {
        resourceId: resourceId('Microsoft.Web/sites/functions', functionAppName, item.subscription.destination.name)
        maxEventsPerBatch: item.subscription.destination.?maxEventsPerBatch ?? 1
        preferredBatchSizeInKilobytes: item.subscription.destination.?preferredBatchSizeInKilobytes ?? 64
      }
    }
    eventDeliverySchema: item.subscription.?eventDeliverySchema ?? 'EventGridSchema'
    filter: item.subscription.?filter ?? {}
    retryPolicy: item.subscription.?retryPolicy ?? defaultRetryPolicy
    deadLetterWithResourceIdentity: item.subscription.?deadLetterDestination == null ? null : {
      identity: { type: 'SystemAssigned' }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: { resourceId: storageAccount.id, blobContainerName: item.subscription.deadLetterDestination.container }
      }
    }
  }
}]
