using Switchyard.Core.Plans;
using Switchyard.Core.Pools;
using Xunit;

namespace Switchyard.Core.Tests.Pools;

public class PlacementTests
{
    private static readonly Resources Machine = new(16, 4_000, 8_192, 4);
    private static readonly Pool Half = new("vc1", 25, 50, true);

    [Theory]
    [InlineData(100, 16, 4)]
    [InlineData(50, 8, 2)]
    [InlineData(33, 5, 1)]
    [InlineData(1, 1, 1)]
    [InlineData(0, 0, 0)]
    public void A_share_is_rounded_down_but_not_to_nothing(int percent, int slots, int gpus)
    {
        var share = Placement.Share(Machine, percent);
        Assert.Equal((slots, gpus), (share.Slots, share.Gpus));
        Assert.Equal(0, Placement.Share(Machine with { Gpus = 0 }, percent).Gpus);
    }

    [Fact]
    public void A_pool_may_use_up_to_its_maximum_while_others_leave_it_idle()
    {
        Assert.Null(Placement.WhyNot(new(8), Half, default, default, Machine));
        Assert.Null(Placement.WhyNot(new(1), Half, new(7), new(7), Machine));
        Assert.Equal("waiting for 1 slot in pool vc1: 8 of 8 in use", Placement.WhyNot(new(1), Half, new(8), new(8), Machine));
    }

    [Fact]
    public void What_other_pools_use_is_not_there()
    {
        Assert.Equal("waiting for 2 slots: other pools use all but 1", Placement.WhyNot(new(2), Half, default, new(15), Machine));
        Assert.Null(Placement.WhyNot(new(1), Half, default, new(15), Machine));
    }

    [Theory]
    [InlineData(0, 0, 0, 1, "waiting for 1 GPU in pool vc1: 2 of 2 in use")]
    [InlineData(0, 500, 0, 0, "waiting for 0.5 cores in pool vc1: 2 of 2 in use")]
    [InlineData(0, 0, 64, 0, "waiting for 64 MiB of memory in pool vc1: 4096 of 4096 in use")]
    [InlineData(0, 0, 0, 0, null)]
    public void Each_kind_of_resource_has_its_reason(int slots, long cpu, long memory, int gpus, string? why)
    {
        var full = Placement.Share(Machine, 50);
        Assert.Equal(why, Placement.WhyNot(new(slots, cpu, memory, gpus), Half, full, full, Machine));
    }

    [Fact]
    public void What_never_fits_is_said_before_it_waits()
    {
        Assert.Null(Placement.WhyNever(new(8, 2_000, 4_096, 2), Half, Machine));
        Assert.Equal("it asks for 3 GPUs, and pool vc1 has at most 8 slots, 2 cores, 4096 MiB, 2 GPUs", Placement.WhyNever(new(0, 0, 0, 3), Half, Machine));
    }
}
