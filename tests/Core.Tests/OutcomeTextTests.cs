using Switchyard.Core.Execution;
using Xunit;

namespace Switchyard.Core.Tests;

/// <summary>Whatever a task leaves as its result is read, or said to be broken.</summary>
public sealed class OutcomeTextTests
{
    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("""{"exit_value":"\ud800"}""")]
    [InlineData("""{"values":{"k":["\udc00"]}}""")]
    [InlineData("""{"values":{"\ud800":1}}""")]
    [InlineData("""{"other":{"\ud800":1}}""")]
    public void What_is_no_result_is_an_empty_outcome_with_the_problem_as_its_error(string text)
    {
        var outcome = OutcomeText.Parse(text)!;
        Assert.StartsWith("result.json ", outcome.Error, StringComparison.Ordinal);
        Assert.Null(outcome.ExitValue);
        Assert.Empty(outcome.Values);
    }

    [Theory]
    [InlineData("""{"exit_value":5,"values":[],"error":null,"exit_value_truncated":"yes"}""")]
    [InlineData("""{"values":null,"runner":{}}""")]
    public void Members_of_the_wrong_type_count_as_absent(string text) =>
        Assert.Equal((null, false, 0, null), OutcomeText.Parse(text) is { } outcome ? (outcome.ExitValue, outcome.ExitValueTruncated, outcome.Values.Count, outcome.Error) : default);
}
