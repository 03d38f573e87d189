metadata name = 'Budget'
metadata description = 'What the resource group may cost a month. It warns; it stops nothing.'

@description('Name of the budget.')
param name string

@description('Amount a month, in the currency of the subscription.')
param amount int

@description('First day of the month from which it counts. It cannot be changed once the budget is there.')
param startDate string

@description('Resource id of the action group that is told.')
param actionGroupResourceId string

resource budget 'Microsoft.Consumption/budgets@2024-08-01' = {
  name: name
  properties: {
    category: 'Cost'
    amount: amount
    timeGrain: 'Monthly'
    timePeriod: { startDate: startDate }
    notifications: {
      actual80Percent: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 80
        thresholdType: 'Actual'
        contactEmails: []
        contactGroups: [actionGroupResourceId]
      }
      forecast100Percent: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 100
        thresholdType: 'Forecasted'
        contactEmails: []
        contactGroups: [actionGroupResourceId]
      }
    }
  }
}
