metadata name = 'Monitoring'
metadata description = 'Log Analytics, Application Insights (by identity only), the action group and the workbook.'

import { principalsType, roleAssignmentType, tagsType } from 'types.bicep'

@description('Names of the resources.')
param names { workspace: string, applicationInsights: string, actionGroup: string }

@description('Region.')
param location string

@description('Tags.')
param tags tagsType

@description('Days for which logs are kept. The first 31 are part of the price of taking them in.')
@minValue(30)
@maxValue(730)
param retentionInDays int

@description('Upper limit of logs a day in GB; -1: none. What comes after it is lost until the next day.')
param dailyQuotaGb int

@description('Who is mailed when an alert fires. Empty: nobody; alerts are then seen in the portal only.')
param alertEmail string

@description('Who may send telemetry.')
param roleAssignments roleAssignmentType[]

@description('The identities of the role assignments.')
param principals principalsType

var roleDefinitions = loadJsonContent('role-definitions.json')

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = {
  name: names.workspace
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionInDays
    workspaceCapping: { dailyQuotaGb: dailyQuotaGb }
    features: {
      disableLocalAuth: true
      enableLogAccessUsingOnlyResourcePermissions: true
    }
  }
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' = {
  name: names.applicationInsights
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
    IngestionMode: 'LogAnalytics'
  }
}

resource publishers 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for assignment in roleAssignments: {
  name: guid(applicationInsights.id, assignment.key, assignment.role)
  scope: applicationInsights
  properties: {
    principalId: principals[assignment.principal].principalId
    principalType: principals[assignment.principal].principalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleDefinitions[assignment.role])
    description: assignment.reason
  }
}]

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: names.actionGroup
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'crossover'
    emailReceivers: empty(alertEmail) ? [] : [
      {
        name: 'operators'
        emailAddress: alertEmail
        useCommonAlertSchema: true
      }
    ]
  }
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, 'crossover-workbook')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Crossover: flows at a glance'
    category: 'workbook'
    sourceId: applicationInsights.id
    serializedData: string(loadJsonContent('workbook.json'))
    version: '1.0'
  }
}

@description('Resource id of the Log Analytics workspace.')
output workspaceResourceId string = workspace.id

@description('Resource id of Application Insights.')
output applicationInsightsResourceId string = applicationInsights.id

@description('Resource id of the action group.')
output actionGroupResourceId string = actionGroup.id
