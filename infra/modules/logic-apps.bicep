metadata name = 'Logic Apps'
metadata description = 'The notification handlers as Logic Apps (Consumption): each takes a CloudEvent from Event Grid and sends a mail through Azure Communication Services by its identity. They answer Event Grid\'s handshake by themselves.'

import { diagnosticsType, tagsType } from 'types.bicep'

@description('What names begin with, and the token that makes them unique.')
param names { workflowPrefix: string, communicationPrefix: string, token: string }

@description('Region.')
param location string

@description('Tags.')
param tags tagsType

@description('Who gets the mail.')
param mailTo string

@description('Where logs go.')
param diagnostics diagnosticsType

// Communication and Email Service Owner: there is no built-in role that may only send.
var mailSenderRoleId = '09976791-48a7-449e-bb21-39d1a415f350'
// A CloudEvent comes as application/cloudevents+json, which Logic Apps keeps as base64 and does not read by itself; this reads either
// ("Handle content types", learn.microsoft.com/azure/logic-apps).
var event = 'json(string(triggerBody()))'
// One workflow for each function that it stands in for; the name is the function's.
var handlers = [
  { name: 'mail-alert', subject: '@{${event}?[\'data\']?[\'severity\']}: @{${event}?[\'data\']?[\'title\']}' }
  { name: 'mail-photo-outcome', subject: 'Your photo: @{${event}?[\'type\']}' }
]

resource emailService 'Microsoft.Communication/emailServices@2023-04-01' = {
  name: '${names.communicationPrefix}email-${names.token}'
  location: 'global'
  tags: tags
  properties: { dataLocation: 'Europe' }
}

resource domain 'Microsoft.Communication/emailServices/domains@2023-04-01' = {
  parent: emailService
  name: 'AzureManagedDomain'
  location: 'global'
  tags: tags
  properties: {
    domainManagement: 'AzureManaged'
    userEngagementTracking: 'Disabled'
  }
}

resource communication 'Microsoft.Communication/communicationServices@2023-04-01' = {
  name: '${names.communicationPrefix}${names.token}'
  location: 'global'
  tags: tags
  properties: {
    dataLocation: 'Europe'
    linkedDomains: [domain.id]
  }
}

resource workflows 'Microsoft.Logic/workflows@2019-05-01' = [for handler in handlers: {
  name: '${names.workflowPrefix}${handler.name}-${names.token}'
  location: location
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: {
    state: 'Enabled'
    definition: {
      '$schema': 'https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#'
      contentVersion: '1.0.0.0'
      parameters: {}
      triggers: {
        manual: {
          type: 'Request'
          kind: 'Http'
          inputs: { method: 'POST', schema: {} }
        }
      }
      actions: {
        sendMail: {
          type: 'Http'
          runAfter: {}
          inputs: {
            method: 'POST'
            uri: 'https://${communication.properties.hostName}/emails:send?api-version=2023-03-31'
            headers: { 'Content-Type': 'application/json' }
            body: {
              senderAddress: 'DoNotReply@${domain.properties.mailFromSenderDomain}'
              recipients: { to: [{ address: mailTo }] }
              content: {
                subject: handler.subject
                plainText: '@{string(triggerBody())}'
              }
            }
            authentication: {
              type: 'ManagedServiceIdentity'
              audience: 'https://communication.azure.com'
            }
          }
        }
      }
    }
  }
}]

resource senders 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (handler, index) in handlers: {
  name: guid(communication.id, workflows[index].id, mailSenderRoleId)
  scope: communication
  properties: {
    principalId: workflows[index].identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', mailSenderRoleId)
    description: '${handler.name} sends mail.'
  }
}]

resource workflowDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = [for (handler, index) in handlers: {
  name: 'to-log-analytics'
  scope: workflows[index]
  properties: {
    workspaceId: diagnostics.workspaceResourceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}]
