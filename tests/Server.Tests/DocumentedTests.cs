using System.Text.RegularExpressions;
using Switchyard.Server.Configuration;

namespace Switchyard.Server.Tests;

/// <summary>What can be set and what can be measured stands in the documentation.</summary>
public sealed partial class DocumentedTests
{
    [Fact]
    public void Every_setting_stands_in_the_configuration_page()
    {
        var page = Page("configuration.md");
        Assert.All(SettingTable.Rows, row => Assert.Contains($"`{row.Variable}`", page, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_metric_stands_in_the_page_of_the_interface_and_no_other()
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        var measured = Names().Matches(await admin.GetStringAsync("/metrics")).Select(match => match.Value).ToHashSet();
        var documented = Names().Matches(Page("api.md")).Select(match => match.Value).ToHashSet();
        Assert.Equal(measured.Order(), documented.Order());
    }

    private static string Page(string name)
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Switchyard.slnx")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("the tests run outside the repository");
        return File.ReadAllText(Path.Combine(folder, "docs", name));
    }

    [GeneratedRegex("switchyard_[a-z_]+")]
    private static partial Regex Names();
}
