using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Switchyard.Core.Plans;
using Switchyard.Dialects.Edge;
using Switchyard.Dialects.OpenPai;

namespace Switchyard.OpenPai.Tests;

/// <summary>The rules that the dialect's endpoints state; no call is made here, so that its parts may be missing.</summary>
public sealed class RuleTests
{
    private static readonly string[] Open =
    [
        "/api/v1", "/api/v1/token", "/api/v1/{**rest}", "/rest-server/api/v1", "/rest-server/api/v1/token", "/rest-server/api/v1/{**rest}", "/rest-server/ssh/{run}", "/rest-server/{**rest}",
        "/webhdfs/data/v1/{**path}", "/webhdfs/{**rest}",
    ];

    private static readonly string[] Pages = ["/rest-server/logs/{attempt}", "/rest-server/logs/{attempt}/full", "/rest-server/track/{run}"];

    [Fact]
    public void Only_these_are_open_where_reading_needs_a_token()
    {
        var rules = Rules(anonymousRead: false);
        Assert.Equal(Open, rules.Where(rule => rule.Access == Access.Anonymous).Select(rule => rule.Path).Order(StringComparer.Ordinal));
        Assert.Equal(Pages, rules.Where(rule => rule.Access == Access.Optional).Select(rule => rule.Path).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Anonymous_reading_opens_lists_states_and_clusters_and_nothing_else()
    {
        string[] read = ["/jobs", "/jobs/{jobName}", "/user/{username}/jobs", "/user/{username}/jobs/{jobName}", "/virtual-clusters", "/virtual-clusters/{vcName}"];
        var rules = Rules(anonymousRead: true);
        var opened = rules.Where(rule => rule.Access == Access.Optional).Select(rule => rule.Path).Order(StringComparer.Ordinal);
        Assert.Equal(read.Select(path => "/api/v1" + path).Concat(read.Select(path => "/rest-server/api/v1" + path)).Concat(Pages).Order(StringComparer.Ordinal), opened);
        Assert.Equal(Open, rules.Where(rule => rule.Access == Access.Anonymous).Select(rule => rule.Path).Order(StringComparer.Ordinal));
    }

    private static List<(string Path, Access Access)> Rules(bool anonymousRead)
    {
        var app = WebApplication.CreateSlimBuilder().Build();
        new OpenPaiDialect(null!, null!, null!, null!, new OpenPaiOptions { Capacity = Resources.None, StorageRoot = "/", AnonymousRead = anonymousRead }, TimeProvider.System).Map(app);
        return [.. ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).Cast<RouteEndpoint>()
            .Select(endpoint => (endpoint.RoutePattern.RawText!, endpoint.Metadata.GetMetadata<AccessRule>()!.Access))];
    }
}
