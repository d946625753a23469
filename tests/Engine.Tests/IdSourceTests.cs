using Switchyard.Engine.Tests.Simulation;
using Xunit;

namespace Switchyard.Engine.Tests;

public sealed class IdSourceTests
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly ManualTime _time = new(Noon);

    [Fact]
    public void Servers_never_give_out_the_same_id_however_many_they_need_at_one_moment()
    {
        var sources = new[] { 0, 1, 63 }.Select(slot => new IdSource(_time, 0, slot, 64)).ToList();
        var ids = sources.ConvertAll(source => Enumerable.Range(0, 5000).Select(_ => source.Next()).ToList());
        Assert.All(ids, some => Assert.Equal(some.Order(), some));
        Assert.Equal(15_000, ids.SelectMany(some => some).Distinct().Count());
    }

    [Fact]
    public void What_a_server_makes_together_stands_together()
    {
        var source = new IdSource(_time, 0, 5, 64);
        var first = source.Next();
        Assert.Equal(Enumerable.Range(1, 1023).Select(no => first + no), Enumerable.Range(1, 1023).Select(_ => source.Next()));
        Assert.True(source.Next() > first + 1024);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 64)]
    [InlineData(63, 64)]
    public void Ids_are_above_all_that_were_given_out_also_when_the_clock_was_turned_back(int slot, int slots)
    {
        var highest = new IdSource(_time, 0, 7, 64).Next();
        Assert.True(new IdSource(new ManualTime(Noon.AddDays(-1)), highest, slot, slots).Next() > highest);
    }

    [Fact]
    public void Ids_follow_the_clock_and_fit_into_a_double()
    {
        var source = new IdSource(_time, 0, 3, 64);
        var before = source.Next();
        _time.Advance(TimeSpan.FromMilliseconds(32));
        Assert.InRange(source.Next() - before, 1L << 17, (1L << 17) + 1024);
        _time.Advance(TimeSpan.FromDays(365 * 50));
        Assert.InRange(source.Next(), 100_000_000_000_000, 1L << 53);
    }
}
