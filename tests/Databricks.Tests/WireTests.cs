namespace Switchyard.Databricks.Tests;

/// <summary>Whole conversations, most of them the published examples as request and as answer.</summary>
public sealed class WireTests
{
    [Theory]
    [InlineData("secrets")]
    [InlineData("permissions")]
    [InlineData("seed-jobs-2.0")]
    [InlineData("seed-run-2.0")]
    [InlineData("multi-task-job-2.0")]
    [InlineData("multi-task-job-2.1")]
    [InlineData("multi-task-job-2.2")]
    [InlineData("single-task-job-2.0")]
    [InlineData("runs-submit-2.0")]
    [InlineData("runs-submit-2.1")]
    [InlineData("shared-job-clusters-2.1")]
    [InlineData("failed-run-2.1")]
    [InlineData("neighbours")]
    [InlineData("workspace")]
    [InlineData("workspace-formats")]
    [InlineData("dbfs")]
    public async Task A_conversation_goes_as_written(string name)
    {
        await using var server = await DialectHost.Start();
        foreach (var notebook in new[] { "clean-data", "analyze-data", "log-query", "validate-query-results" })
            await server.Notebook($"/Users/{ServerUnderTest.AdminName}/{notebook}", $"dbutils.notebook.exit(\"{notebook} done\")");
        await server.Notebook("/notebooks/example-notebook", "dbutils.notebook.exit(\"example\")");
        await server.Notebook("/Shared/fails", "raise RuntimeError");
        await server.Notebook("/Shared/good", "1");
        await WireScript.Play(server, name);
    }
}
